import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { queryObjects } from "node:v8";
import type { KubeObject } from "@meshplane/apimachinery";
import { createClient } from "./create-client.ts";
import { Informer, type InformerOptions } from "./informer.ts";
import { cacheKeyOf } from "./object-cache.ts";
import { FakeServer, type FakeServerOptions } from "./testing/fake-server.ts";
import { until } from "./testing/until.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };

interface Followed {
  server: FakeServer;
  informer: Informer;
  /** `+a`, `~a`, `-a`; `++a` for what existed before */
  told: string[];
  errors: unknown[];
  put: (name: string, cluster?: string) => void;
  remove: (name: string, cluster?: string) => void;
  isEqual: () => boolean;
}

/** A server and an informer over all its logical clusters; both are stopped at the end. */
async function follow(
  options: Partial<FakeServerOptions> & Partial<InformerOptions<KubeObject>> & { before?: (server: FakeServer) => void },
  run: (followed: Followed) => Promise<void>,
): Promise<void> {
  const { protocol = "h2", before, ...informerOptions } = options;
  const server = new FakeServer({ resources: [{ ...configMaps, kind: "ConfigMap", namespaced: true }], protocol });
  const put = (name: string, cluster = "a") =>
    void server.put("configmaps", cluster, { metadata: { name, namespace: "default", labels: { name } } });
  put("one");
  put("one", "b");
  before?.(server);
  const client = createClient({ server: await server.start(), protocols: [protocol] });
  const told: string[] = [];
  const errors: unknown[] = [];
  const informer = new Informer({
    resource: client.cluster("*").resource(configMaps),
    onError: (error) => errors.push(error),
    backOffMinMs: 20,
    backOffMaxMs: 100,
    ...informerOptions,
  });
  informer.addHandler({
    added: (object, initial) => told.push(`${initial ? "++" : "+"}${object.metadata.name}`),
    updated: (object) => told.push(`~${object.metadata.name}`),
    deleted: (object) => told.push(`-${object.metadata.name}`),
  });
  const isEqual = () => {
    const cached = informer.lister.list().map((object) => `${cacheKeyOf(object)}=${object.metadata.resourceVersion}`);
    return cached.sort().join() === server.summary("configmaps").join();
  };
  try {
    await informer.start();
    await run({
      server,
      informer,
      told,
      errors,
      put,
      remove: (name, cluster = "a") => server.remove("configmaps", cluster, "default", name),
      isEqual,
    });
  } finally {
    await informer.stop();
    client.close();
    await server.stop();
  }
}

for (const protocol of ["h2", "http/1.1"] as const) {
  test(`${protocol}: tells what exists, then each change`, () =>
    follow({ protocol }, async ({ informer, told, put, remove }) => {
      assert.deepEqual(told, ["++one", "++one"]);
      put("two");
      put("two");
      remove("two");
      await until("told", () => told.length === 5);
      assert.deepEqual(told.slice(2), ["+two", "~two", "-two"]);
      assert.deepEqual(informer.counts, { lists: 1, watches: 1 });
      assert.deepEqual([...informer.clusters()].sort(), ["a", "b"]);
      assert.equal(informer.lister.list({ cluster: "b" }).length, 1);
      assert.equal(informer.lister.get({ cluster: "b", namespace: "default", name: "one" })?.kind, "ConfigMap");
      assert.equal(informer.lister.list({ labelSelector: "name=one" }).length, 2);
    }));

  test(`${protocol}: a cut connection is resumed without a list, and nothing is missed`, () =>
    follow({ protocol }, async ({ server, informer, told, put, remove, isEqual }) => {
      server.cut();
      put("two");
      remove("one", "b");
      put("one");
      await until("equal", isEqual);
      assert.deepEqual(told.slice(2), ["+two", "-one", "~one"]);
      assert.equal(informer.counts.lists, 1);
    }));
}

test("a reset stream is resumed without a list", () =>
  follow({}, async ({ server, informer, put, isEqual }) => {
    server.resetWatches();
    put("two");
    await until("equal", isEqual);
    assert.equal(informer.counts.lists, 1);
  }));

test("a clean end is resumed at once, from the last bookmark", () =>
  follow({ backOffMinMs: 10_000 }, async ({ server, errors, put, isEqual }) => {
    put("two");
    await until("equal", isEqual);
    server.bookmark();
    await until("the bookmark has arrived", () => server.watchers === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { revision } = server;
    server.endWatches();
    put("three");
    await until("equal", isEqual);
    assert.deepEqual(errors, []);
    assert.match(server.requests.at(-1)!, new RegExp(`resourceVersion=${revision}(&|$)`));
  }));

test("an expired position is one new list; what has gone meanwhile is told", () =>
  follow({}, async ({ server, informer, told, put, remove, isEqual }) => {
    server.cut();
    remove("one", "b");
    put("two");
    server.compact();
    await until("equal", isEqual);
    assert.deepEqual(told.slice(2).sort(), ["+two", "-one"]);
    assert.equal(informer.counts.lists, 2);
    assert.equal(informer.lister.list({ cluster: "b" }).length, 0);
  }));

test("an object made again under the same name is told as gone and new", () =>
  follow({}, async ({ server, told, put, remove, isEqual }) => {
    server.cut();
    remove("one");
    put("one");
    server.compact();
    await until("equal", isEqual);
    assert.deepEqual(told.slice(2), ["-one", "+one"]);
  }));

test("a server without watch-list is listed in pages and watched", () =>
  follow(
    {
      before: (server) => {
        server.refusesWatchList = true;
        for (let i = 0; i < 1200; i++) server.put("configmaps", "c", { metadata: { name: `m${i}`, namespace: "x" } });
      },
    },
    async ({ server, informer, put, isEqual }) => {
      assert.equal(informer.lister.size, 1202);
      assert.equal(informer.lister.list({ cluster: "c" })[0]!.kind, "ConfigMap");
      assert.equal(server.requests.filter((request) => request.includes("limit=500")).length, 3);
      put("two");
      await until("equal", isEqual);
    },
  ));

test("a stream on which nothing comes any more is cut and resumed", () =>
  follow({ silenceMaxMs: 100 }, async ({ server, informer, errors, put, isEqual }) => {
    await until("cut for silence", () => errors.length > 0);
    assert.match(String(errors[0]), /nothing came/);
    put("two");
    await until("equal", isEqual);
    assert.equal(informer.counts.lists, 1);
    // a bookmark is a sign of life
    const before = errors.length;
    for (let i = 0; i < 10; i++) {
      server.bookmark();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(errors.length <= before + 1);
  }));

test("garbage in the stream is an error, and resumed before it", () =>
  follow({}, async ({ server, informer, errors, put, isEqual }) => {
    server.writeToWatches('{"type":"MODIFIED","object":\n');
    await until("an error", () => errors.length === 1);
    put("two");
    await until("equal", isEqual);
    assert.equal(informer.counts.lists, 1);
  }));

test("a server that is away for a while is found again", () =>
  follow({}, async ({ server, errors, put, isEqual }) => {
    server.intercept = (_request, response) => {
      response.writeHead(503, { "content-type": "text/plain" });
      response.end("not ready");
      return true;
    };
    server.cut();
    put("two");
    await until("some failures", () => errors.length > 2);
    server.intercept = undefined;
    await until("equal", isEqual);
  }));

test("a slow server delivers late, but all", () =>
  follow({}, async ({ server, put, isEqual }) => {
    server.delayMs = 150;
    server.cut();
    for (let i = 0; i < 50; i++) put(`m${i}`);
    await until("equal", isEqual);
  }));

test("after 30 random breaks the cache equals the server, with at most one list a break", () =>
  follow({ backOffMinMs: 2, backOffMaxMs: 5 }, async ({ server, informer, put, remove, isEqual }) => {
    let state = 7;
    const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 30; step++) {
      for (let i = random(8); i > 0; i--) {
        const cluster = "abc"[random(3)]!;
        if (random(3) === 0) remove(`m${random(10)}`, cluster);
        else put(`m${random(10)}`, cluster);
      }
      [
        () => server.cut(),
        () => server.resetWatches(),
        () => server.endWatches(),
        () => server.goAway(),
        () => server.writeToWatches("{"),
        () => (server.compact(), server.cut()),
      ][random(6)]!();
      await new Promise((resolve) => setTimeout(resolve, random(20)));
    }
    await until("equal", isEqual);
    assert.ok(informer.counts.lists <= 31, `${informer.counts.lists} lists`);
    assert.ok(server.watchers <= 1);
  }));

test("nothing is kept of the streams that have ended", () =>
  // an error keeps what is on its stack, so this test keeps none
  follow({ backOffMinMs: 1, backOffMaxMs: 3, onError: () => {} }, async ({ server, informer }) => {
    const breakOften = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const { watches } = informer.counts;
        [() => server.cut(), () => server.resetWatches(), () => server.endWatches()][i % 3]!();
        await until("watched again", () => server.watchers === 1 && informer.counts.watches > watches);
      }
      await new Promise((resolve) => setTimeout(resolve, 100)); // closed sockets are let go a little later
      // each call collects garbage first; what has a finalizer needs two
      const count = () => queryObjects(Duplex, { format: "count" }) + queryObjects(AbortSignal, { format: "count" });
      count();
      return count();
    };
    const before = await breakOften(10);
    const after = await breakOften(90);
    assert.ok(after <= before + 10, `${before} streams and signals, then ${after}`);
  }));

test("indexers, late handlers, transform, and a handler that throws", () =>
  follow(
    {
      indexers: { label: (object) => Object.values(object.metadata.labels ?? {}) },
      transform: (object) => ({ ...object, data: { kept: "yes" } }),
    },
    async ({ informer, errors, put, remove, told }) => {
      assert.equal(informer.lister.byIndex("label", "one").length, 2);
      assert.deepEqual(informer.lister.byIndex("label", "constructor"), []);
      assert.throws(() => informer.lister.byIndex("none", "x"), TypeError);
      informer.addIndexer("first", (object) => [object.metadata.name![0]!]);
      assert.equal(informer.lister.byIndex("first", "o").length, 2);
      assert.deepEqual(informer.lister.list()[0]!["data"], { kept: "yes" });
      const late: string[] = [];
      const stop = informer.addHandler({
        added: (object, initial) => late.push(`${initial}${object.metadata.name}`),
        updated: () => assert.fail("thrown by a handler"),
      });
      assert.deepEqual(late, ["trueone", "trueone"]);
      put("one");
      await until("told", () => told.includes("~one"));
      assert.match(String(errors[0]), /thrown by a handler/);
      stop();
      remove("one");
      put("two");
      await until("told", () => told.includes("+two"));
      assert.equal(informer.lister.byIndex("first", "o").length, 1);
      assert.equal(late.length, 2);
    },
  ));

test("stopped before it is complete, start rejects and nothing stays open", async () => {
  const server = new FakeServer({ resources: [{ ...configMaps, kind: "ConfigMap", namespaced: true }] });
  server.delayMs = 10_000;
  const client = createClient({ server: await server.start(), protocols: ["h2"] });
  const informer = new Informer({ resource: client.cluster("*").resource(configMaps) });
  const started = informer.start();
  await informer.stop();
  await assert.rejects(started, /stopped before/);
  client.close();
  await server.stop();
});
