import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, parseLabelSelector, type KubeObject } from "@meshplane/apimachinery";
import { builtInDefinitions } from "@meshplane/controlplane";
import { encodeRecord, keyOf, type ComputedRequest } from "@meshplane/apiserver";
import { openMemoryStore } from "@meshplane/storage";
import { withGivenObjects } from "./given-objects.ts";

const cluster = "system:admin";
const role = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name, labels },
  rules: [],
});

test("what is given is there, unless something of its name is stored", async () => {
  const store = openMemoryStore();
  const definition = builtInDefinitions({} as never).find(({ resource }) => resource === "clusterroles")!;
  const { computed } = withGivenObjects(definition, [role("b"), role("a", { x: "y" })], { store, cluster, since: 0 });
  const request = (name: string, labelSelector = everything) => ({ name, labelSelector }) as ComputedRequest;

  const given = await computed!.get!(request("a"));
  assert.equal(given!.metadata.annotations!["kcp.io/cluster"], cluster);
  assert.equal(given!.metadata.creationTimestamp, "1970-01-01T00:00:00Z");
  assert.match(given!.metadata.uid!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(await computed!.get!(request("c")), undefined);

  for (const name of ["b", "c"]) {
    const object = role(name, { stored: "yes" });
    object.metadata.uid = name;
    await store.commit({ key: keyOf(definition, cluster, "", name), expect: 0, write: encodeRecord(object, definition, cluster) });
  }
  const names = async (selector = everything): Promise<string[]> =>
    (await computed!.list!(request("", selector))).items.map(({ metadata }) => metadata.name!);
  assert.deepEqual(await names(), ["a", "b", "c"]);
  assert.deepEqual(await names(parseLabelSelector("stored=yes")), ["b", "c"]);
  assert.equal((await computed!.get!(request("b")))!.metadata.uid, "b");
});
