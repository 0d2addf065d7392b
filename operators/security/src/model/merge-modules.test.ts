import assert from "node:assert/strict";
import { test } from "node:test";
import { ProviderBounds } from "../authorization-model/provider-bounds.ts";
import { coreModule } from "./core-module.ts";
import { type Extension, mergeModules } from "./merge-modules.ts";
import { resourceModule } from "./resource-module.ts";

const builtIn = [
  { name: "core.fga", contents: coreModule },
  { name: "ns.fga", contents: resourceModule({ group: "", plural: "namespaces", singular: "namespace", namespaced: false }) },
  {
    name: "exports.fga",
    contents: resourceModule({ group: "apis.kcp.io", plural: "apiexports", singular: "apiexport", namespaced: false }),
  },
];
const kind = (name: string) => ({ group: "example.io", plural: `${name}s`, singular: name, namespaced: false });
const extension = (provider: string, contents: string, exported = [kind("widget"), kind("gadget")]): Extension => {
  const bounds = new ProviderBounds(exported, new Set());
  return { name: `${provider}.fga`, contents, refuse: (added) => bounds.refuseModule(added) };
};
const types = (extensions: Extension[]) => {
  const { model, leftOut } = mergeModules(builtIn, extensions);
  return { types: new Set(model.type_definitions.map(({ type }) => type)), leftOut };
};

test("modules that fit together are all in force", () => {
  const { types: found, leftOut } = types([extension("a", resourceModule(kind("widget"))), extension("b", resourceModule(kind("gadget")))]);
  assert.ok(found.has("example_io_widget") && found.has("example_io_gadget"));
  assert.equal(leftOut.size, 0);
});

test("two providers of one resource: the first counts, the second is left out with a reason, the third is not touched", () => {
  const { types: found, leftOut } = types([
    extension("a", resourceModule(kind("widget"))),
    extension("b", resourceModule(kind("widget"))),
    extension("c", resourceModule(kind("gadget"))),
  ]);
  assert.ok(found.has("example_io_widget") && found.has("example_io_gadget"));
  assert.deepEqual([...leftOut.keys()], ["b.fga"]);
  assert.match(leftOut.get("b.fga")!, /example_io_widget/);
});

test("a module that cannot be read, or names what is not there, is left out alone", () => {
  const bad = ["this is no module", "module x\n\ntype example_io_widget\n  relations\n    define get: nobody\n", ""];
  for (const contents of bad) {
    const { types: found, leftOut } = types([extension("bad", contents), extension("good", resourceModule(kind("gadget")))]);
    assert.ok(found.has("example_io_gadget"), contents);
    assert.deepEqual([...leftOut.keys()], ["bad.fga"], contents);
  }
});

test("a module that adds what its provider may not is left out, even when it fits", () => {
  const { leftOut, types: found } = types([
    extension("thief", "module x\n\nextend type core_platform-mesh_io_account\n  relations\n    define create_other_io_things: [user:*]\n"),
    extension("good", resourceModule(kind("gadget"))),
  ]);
  assert.match(leftOut.get("thief.fga")!, /create_other_io_things/);
  assert.ok(found.has("example_io_gadget"));
});

test("a base that does not fit together is an error, whoever extends it", () => {
  assert.throws(() => mergeModules([builtIn[0]!], [extension("a", resourceModule(kind("widget")))]));
});
