/** A CRD from POST to gone, on a whole server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeJson, type KubeObject } from "@meshplane/apimachinery";
import { surfaceOf, type Projection, type Surface, type User } from "@meshplane/apiserver";
import { startTestServer, TestClient, type TestServer } from "@meshplane/apiserver/testing";
import { startController, type Change, type Controller, type KeySource } from "@meshplane/controller-runtime";
import { decodeKey, openMemoryStore } from "@meshplane/storage";
import { crdControllerOptions } from "./crd-controller.ts";
import { crdDefinition, definitionsOfCrd } from "./crd-definition.ts";
import { crdResource, type Crd } from "./crd.ts";

/** The CRDs of the one cluster, the surface they make, and their changes for the controller. */
class Crds implements Projection, KeySource {
  readonly name = "crds";
  readonly all = new Map<string, Crd>();
  server: TestServer | undefined;
  readonly #changed: ((change: Change) => void)[] = [];

  surface(): Surface {
    const api = () => this.server!.api.local;
    return surfaceOf("", [crdDefinition(), ...[...this.all.values()].flatMap((crd) => definitionsOfCrd(crd, { api }))]);
  }

  apply({ events }: Parameters<Projection["apply"]>[0]): void {
    for (const { key, record } of events) {
      const { resource, cluster, name } = decodeKey(key);
      if (resource !== crdResource.resource) continue;
      if (record) this.all.set(name, { ...(decodeJson(record.body).value as object), ...head } as Crd);
      else this.all.delete(name);
      const change: Change = {
        resource: crdResource,
        key: { cluster, namespace: "", name },
        deleted: !record,
        labels: undefined,
        object: () => this.all.get(name),
        previous: () => undefined,
      };
      for (const tell of this.#changed) tell(change);
    }
  }

  subscribe(_resource: unknown, onChange: (change: Change) => void): void {
    this.#changed.push(onChange);
  }
  async start(): Promise<void> {}
  stop(): void {}
}

const head = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
const root = "/clusters/root/apis";
const crdsPath = `${root}/apiextensions.k8s.io/v1/customresourcedefinitions`;

const crdOf = (plural: string, kind: string, more: object = {}, names: object = {}): object => ({
  ...head,
  metadata: { name: `${plural}.stable.example.com` },
  spec: {
    group: "stable.example.com",
    scope: "Namespaced",
    names: { plural, kind, ...names },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { n: { type: "integer" }, a: { type: "string", default: "d" } } },
              status: { type: "object", properties: { n: { type: "integer" }, sel: { type: "string" } } },
            },
          },
        },
        ...more,
      },
    ],
  },
});

let server: TestServer;
let client: TestClient;
let controller: Controller;
const crds = new Crds();

before(async () => {
  const options = {
    projections: [crds],
    surfaces: () => crds.surface(),
    frontDoor: {
      resolve: (http: { path: string }) => ({
        cluster: "root",
        path: http.path.replace("/clusters/root", ""),
        surfaces: () => crds.surface(),
        authorize: () => ({ decision: "allow", reason: "test" }) as never,
        virtual: false,
      }),
    },
  };
  server = await startTestServer({ store: openMemoryStore(), options });
  crds.server = server;
  client = new TestClient(server.url, server.ca);
  const user: User = { name: "system", uid: "", groups: ["system:masters"], extra: {} };
  controller = startController(crdControllerOptions({ api: server.api.local, user, fieldManager: "test" }), crds);
});

after(async () => {
  await controller.stop();
  await server.stop();
});

async function create(crd: object): Promise<void> {
  const answer = await client.post(crdsPath, crd);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.body.status.conditions, null);
  await controller.settled();
}

async function statusOf(plural: string): Promise<Crd["status"]> {
  return (await client.get(`${crdsPath}/${plural}.stable.example.com`)).body.status;
}

const summary = (status: Crd["status"]): string[] =>
  (status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}:${reason}`);
const instances = (plural: string): string => `${root}/stable.example.com/v1/namespaces/default/${plural}`;
const instance = (kind: string, more: object): object => ({
  apiVersion: "stable.example.com/v1",
  kind,
  metadata: { name: "one" },
  ...more,
});

test("names are accepted, the CRD is established, instances have defaults", async () => {
  assert.equal((await client.get(instances("gears"))).status, 404);
  await create(crdOf("gears", "Gear"));
  const status = await statusOf("gears");
  assert.deepEqual(summary(status), ["NamesAccepted=True:NoConflicts", "Established=True:InitialNamesAccepted"]);
  assert.deepEqual(status!.acceptedNames, { plural: "gears", singular: "gear", kind: "Gear", listKind: "GearList" });
  assert.deepEqual(status!.storedVersions, ["v1"]);
  const made = await client.post(instances("gears"), instance("Gear", { spec: { n: 1, bogus: 2 } }));
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.body.spec, { a: "d", n: 1 });
  assert.equal((await client.post(instances("gears"), instance("Gear", { metadata: { name: "two" }, spec: { n: "x" } }))).status, 422);
});

test("a taken name waits until it is free", async () => {
  await create(crdOf("apples", "Apple", {}, { shortNames: ["ap"] }));
  await create(crdOf("plums", "Plum", {}, { shortNames: ["ap", "pl"] }));
  assert.deepEqual(summary(await statusOf("plums")), ["NamesAccepted=False:ShortNamesConflict", "Established=False:NotAccepted"]);
  assert.equal((await client.get(instances("plums"))).status, 404);
  assert.equal((await client.delete(`${crdsPath}/apples.stable.example.com`)).status, 200);
  await controller.settled();
  await controller.settled();
  assert.deepEqual(summary(await statusOf("plums")), ["NamesAccepted=True:NoConflicts", "Established=True:InitialNamesAccepted"]);
  assert.equal((await client.get(instances("plums"))).status, 200);
});

test("status and scale are endpoints of their own", async () => {
  const scale = { specReplicasPath: ".spec.n", statusReplicasPath: ".status.n", labelSelectorPath: ".status.sel" };
  await create(crdOf("fleets", "Fleet", { subresources: { status: {}, scale } }));
  const path = `${instances("fleets")}/one`;
  const made = await client.post(instances("fleets"), instance("Fleet", { spec: { n: 2 }, status: { n: 9 } }));
  assert.equal(made.body.status, undefined);
  const status = await client.patch(`${path}/status`, { spec: { n: 7 }, status: { n: 1, sel: "app=x" } });
  assert.deepEqual([status.body.spec.n, status.body.status.n, status.body.metadata.generation], [2, 1, 1]);
  const read = await client.get(`${path}/scale`);
  assert.deepEqual([read.body.kind, read.body.spec, read.body.status], ["Scale", { replicas: 2 }, { replicas: 1, selector: "app=x" }]);
  const scaled = await client.patch(`${path}/scale`, { spec: { replicas: 7 }, status: { replicas: 9 } });
  assert.deepEqual([scaled.status, scaled.body.spec, scaled.body.status.replicas], [200, { replicas: 7 }, 1]);
  assert.equal((await client.get(path)).body.metadata.generation, 2);
  const negative = await client.patch(`${path}/scale`, { spec: { replicas: -1 } });
  assert.equal(negative.status, 422);
  assert.deepEqual(negative.body.details.causes[0], {
    reason: "FieldValueInvalid",
    message: "Invalid value: -1: should be a non-negative integer",
    field: ".spec.n",
  });
});

test("a CRD that is deleted waits for the finalizers of its instances and refuses new ones", async () => {
  await create(crdOf("widgets", "Widget"));
  const held = instance("Widget", { metadata: { name: "one", finalizers: ["example.com/f"] } });
  assert.equal((await client.post(instances("widgets"), held)).status, 201);
  const deleted = await client.delete(`${crdsPath}/widgets.stable.example.com`);
  assert.deepEqual(deleted.body.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  assert.equal(summary(deleted.body.status).at(-1), "Terminating=True:InstanceDeletionPending");
  const late = await client.post(instances("widgets"), instance("Widget", { metadata: { name: "late" } }));
  assert.equal(late.status, 403);
  assert.match(late.body.message, /create not allowed while custom resource definition is terminating$/);
  await waitFor(async () => summary(await statusOf("widgets")).at(-1) === "Terminating=True:InstanceDeletionInProgress");
  const listed: KubeObject[] = (await client.get(instances("widgets"))).body.items;
  assert.ok(listed[0]!.metadata.deletionTimestamp);
  await client.patch(`${instances("widgets")}/one`, { metadata: { finalizers: null } });
  await waitFor(async () => (await client.get(`${crdsPath}/widgets.stable.example.com`)).status === 404);
  assert.equal((await client.get(instances("widgets"))).status, 404);
});

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, "it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
