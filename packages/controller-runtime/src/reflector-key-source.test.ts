import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, Informers } from "@meshplane/client";
import { FakeServer, until } from "@meshplane/client/testing";
import { startController } from "./controller.ts";
import { formatObjectKey } from "./object-key.ts";
import { reflectorKeySource } from "./reflector-key-source.ts";

const widgets = { group: "example.com", version: "v1", resource: "widgets" };
const configMaps = { group: "", version: "v1", resource: "configmaps" };

test("a controller over reflectors sees what exists, each change, and what happened while it was cut off", async () => {
  const server = new FakeServer({
    resources: [
      { ...widgets, kind: "Widget", namespaced: true },
      { ...configMaps, kind: "ConfigMap", namespaced: true },
    ],
  });
  server.put("widgets", "a", { metadata: { name: "one", namespace: "n" } });
  server.put("configmaps", "a", { metadata: { name: "ignored", namespace: "n" } });
  const client = createClient({ server: await server.start(), protocols: ["h2"] });
  const informers = new Informers(client.cluster("*"), { backOffMinMs: 10 });
  const source = reflectorKeySource(({ group, resource }) => informers.get({ group, version: "v1", resource }));
  const seen: string[] = [];
  const controller = startController(
    {
      name: "test",
      for: widgets,
      watches: [{ resource: configMaps, initial: false, keys: ({ key }) => [{ ...key, name: `of-${key.name}` }] }],
      reconcile: async (key) => {
        seen.push(formatObjectKey(key));
        return undefined;
      },
    },
    source,
  );
  await source.start();
  await until("reconciled", () => seen.length === 1);
  server.put("configmaps", "b", { metadata: { name: "x", namespace: "n" } });
  await until("reconciled", () => seen.length === 2);
  server.cut();
  server.remove("widgets", "a", "n", "one");
  await until("reconciled", () => seen.length === 3);
  assert.deepEqual(seen, ["a|n/one", "b|n/of-x", "a|n/one"]);
  source.stop();
  await controller.stop();
  client.close();
  await server.stop();
});
