import assert from "node:assert/strict";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { KeptLists } from "./kept-lists.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

const definition = {} as ResourceDefinition;
const prefix = "/core/configmaps/-/one/default/";
const batchOf = (key: string) => ({ events: [{ revision: 2, key, record: undefined, previous: undefined }], progress: 2 });

const filled = (items: string) => {
  const lists = new KeptLists(() => 0);
  const list = lists.ask(prefix, definition, 500);
  lists.keep(list, Buffer.from(items));
  if (items.length < 128 << 10) assert.equal(list.items, undefined);
  assert.equal(lists.ask(prefix, definition, 500), list);
  lists.keep(list, Buffer.from(items));
  return { lists, list };
};

test("a small list is kept from the second time on, until something under its prefix changes", () => {
  const { lists, list } = filled("[1]");
  assert.equal(lists.ask(prefix, definition, 500), list);
  assert.notEqual(lists.ask(prefix, definition, 0), list);
  lists.apply(batchOf("/core/configmaps/-/two/default/a"));
  lists.apply(batchOf("/core/secrets/-/one/default/a"));
  assert.equal(list.current, true);
  lists.apply(batchOf(`${prefix}a`));
  assert.equal(list.current, false);
  assert.notEqual(lists.ask(prefix, definition, 500), list);
});

test("a large list is kept at once", () => {
  const lists = new KeptLists(() => 0);
  const list = lists.ask(prefix, definition, 500);
  lists.keep(list, Buffer.alloc(128 << 10));
  assert.equal(lists.ask(prefix, definition, 500).items?.length, 128 << 10);
});

test("what a change has overtaken is not kept", () => {
  const lists = new KeptLists(() => 0);
  lists.ask(prefix, definition, 0);
  const list = lists.ask(prefix, definition, 0);
  lists.apply(batchOf(`${prefix}a`));
  lists.keep(list, Buffer.from("old"));
  assert.equal(list.items, undefined);
});

test("the compressed answer is one gzip member with any head", async () => {
  const items = JSON.stringify(Array.from({ length: 3_000 }, (_, i) => ({ name: `ünï-${i}` })));
  const { list } = filled(items);
  for (const head of ["", '{"metadata":{"resourceVersion":"7"},"items":', "x".repeat(3_000)]) {
    const chunks = await list.gzipped(Buffer.from(head), Buffer.from("}\n"));
    assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), `${head}${items}}\n`);
  }
});

test("bytes are bounded", () => {
  const lists = new KeptLists(() => 0);
  const kept = Array.from({ length: 12 }, (_, i) => {
    const list = lists.ask(prefix, definition, i);
    lists.keep(list, Buffer.alloc(2 << 20));
    return list;
  });
  assert.equal(kept[0]!.current, false);
  assert.equal(kept[11]!.current, true);
});
