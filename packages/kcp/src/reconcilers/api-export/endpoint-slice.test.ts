import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasReason, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import type { APIBinding, APIExportEndpointSlice, Workspace } from "@meshplane/apis";
import { openMemoryStore, type Store } from "@meshplane/storage";
import { kcpIndexes } from "../../definitions/system-definitions.ts";
import { startTestKcp } from "../../testing/start-test-kcp.ts";
import { apiBindingResource, apiExportResource, endpointSliceResource, schemaResource, workspaceResource } from "../parts.ts";

const lateMs = 60;

/** A store whose answer to who follows an export comes late: by then all of those who came together are in it. */
function unhurried(store: Store): Store {
  const index: Store["index"] = async (name, ...rest) => {
    if (name === kcpIndexes.bindingsOfExport) await sleep(lateMs);
    return store.index(name, ...rest);
  };
  return new Proxy(store, {
    get(target, property) {
      if (property === "index") return index;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("an export whose first consumers come together is published, each time", async () => {
  const plane = await startTestKcp({ store: unhurried(openMemoryStore()) });
  try {
    const create = (cluster: string, resource: GroupVersionResource, object: object) =>
      plane.client
        .cluster(cluster)
        .resource(resource)
        .create(object as KubeObject);
    const find = <T extends KubeObject>(cluster: string, resource: GroupVersionResource, name: string): Promise<T | undefined> =>
      plane.client
        .cluster(cluster)
        .resource<T>(resource)
        .get(name)
        .catch((error: unknown) => {
          if (hasReason(error, "NotFound")) return undefined;
          throw error;
        });
    const workspace = async (name: string): Promise<string> => {
      await create("root", workspaceResource, {
        apiVersion: "tenancy.kcp.io/v1alpha1",
        kind: "Workspace",
        metadata: { name },
        spec: { type: { name: "universal" } },
      });
      return until(name, async () => {
        const made = await find<Workspace>("root", workspaceResource, name);
        return made?.status?.phase === "Ready" ? made.spec.cluster : undefined;
      });
    };

    const provider = await workspace("provider");
    await create(provider, schemaResource, {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIResourceSchema",
      metadata: { name: "v1.seats.example.io" },
      spec: {
        group: "example.io",
        names: { plural: "seats", singular: "seat", kind: "Seat", listKind: "SeatList" },
        scope: "Namespaced",
        versions: [{ name: "v1", served: true, storage: true, schema: { type: "object" } }],
      },
    });
    await create(provider, apiExportResource, {
      apiVersion: "apis.kcp.io/v1alpha2",
      kind: "APIExport",
      metadata: { name: "seats" },
      spec: { resources: [{ name: "seats", group: "example.io", schema: "v1.seats.example.io", storage: { crd: {} } }] },
    });
    const published = (wanted: boolean) =>
      until(`published: ${wanted}`, async () => {
        const slice = await find<APIExportEndpointSlice>(provider, endpointSliceResource, "seats");
        return slice && Boolean(slice.status?.endpoints?.length) === wanted ? slice : undefined;
      });

    const consumers = await Promise.all(["one", "two", "three"].map(workspace));
    for (let round = 0; round < 2; round++) {
      await published(false);
      await sleep(5 * lateMs); // no look at the slice is still under way that would find them by chance
      await Promise.all(
        consumers.map((consumer) =>
          create(consumer, apiBindingResource, {
            apiVersion: "apis.kcp.io/v1alpha2",
            kind: "APIBinding",
            metadata: { name: "seats" },
            spec: { reference: { export: { path: "root:provider", name: "seats" } } },
          }),
        ),
      );
      await published(true);
      await Promise.all(consumers.map((consumer) => plane.client.cluster(consumer).resource(apiBindingResource).delete("seats")));
      for (const consumer of consumers)
        await until(`${consumer} has let go`, async () =>
          (await find<APIBinding>(consumer, apiBindingResource, "seats")) ? undefined : true,
        );
    }
  } finally {
    await plane.stop();
  }
});

/** Asks again until there is an answer, at most five seconds. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 5_000; Date.now() < end; await sleep(5)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  assert.fail(`not within 5 s: ${what}`);
}
