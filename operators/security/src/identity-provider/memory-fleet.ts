/** For tests: workspaces in memory, with resource versions and the rule that a deleted object goes with its last finalizer. */
import assert from "node:assert/strict";
import { alreadyExists, type GroupVersionResource, type KubeObject, notFound } from "@meshplane/apimachinery";
import type { ManagerContext } from "@meshplane/multicluster-provider";

export interface MemoryFleet {
  manager: ManagerContext;
  put(cluster: string, resource: string, object: KubeObject): void;
  get(cluster: string, resource: string, name: string): KubeObject | undefined;
  /** as a client would */
  remove(cluster: string, resource: string, name: string): void;
}

const copyOf = <T>(object: T): T => JSON.parse(JSON.stringify(object)) as T;

/** @param paths of the engaged workspaces, by logical cluster */
export function memoryFleet(paths: Record<string, string>): MemoryFleet {
  const objects = new Map<string, KubeObject>();
  const clusterOf = (given: string): string => Object.keys(paths).find((name) => name === given || paths[name] === given) ?? given;
  const keyOf = (cluster: string, resource: string, name: string): string => `${clusterOf(cluster)}/${resource}/${name}`;
  let revision = 0;

  function store(key: string, object: KubeObject): KubeObject {
    const stored = copyOf({ ...object, metadata: { ...object.metadata, resourceVersion: String(++revision) } });
    if (stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length) objects.delete(key);
    else objects.set(key, stored);
    return copyOf(stored);
  }

  const methodsOf = (cluster: string, type: GroupVersionResource) => {
    const { resource } = type;
    const read = (name: string): KubeObject => {
      const object = objects.get(keyOf(cluster, resource, name));
      if (!object) throw notFound(type, name);
      return object;
    };
    const write = (object: KubeObject, status: boolean): KubeObject => {
      const current = read(object.metadata.name!);
      assert.equal(object.metadata.resourceVersion, current.metadata.resourceVersion, "a write over what has changed");
      const merged = status ? { ...current, status: object["status"] } : { ...object, status: current["status"] };
      return store(keyOf(cluster, resource, object.metadata.name!), merged as KubeObject);
    };
    return {
      get: async (name: string) => copyOf(read(name)),
      create: async (object: KubeObject) => {
        const key = keyOf(cluster, resource, object.metadata.name!);
        if (objects.has(key)) throw alreadyExists(type, object.metadata.name!);
        return store(key, object);
      },
      update: async (object: KubeObject) => write(object, false),
      updateStatus: async (object: KubeObject) => write(object, true),
      delete: async (name: string) => {
        const object = read(name);
        store(keyOf(cluster, resource, name), { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
      },
    };
  };

  const manager = {
    client: { cluster: (cluster: string) => ({ resource: (type: GroupVersionResource) => methodsOf(cluster, type) }) },
    lister: () => ({ list: () => [], get: () => undefined }),
    engaged: (given: string) => {
      const name = clusterOf(given);
      return Object.hasOwn(paths, name) ? { name, path: paths[name] } : undefined;
    },
  } as unknown as ManagerContext;
  return {
    manager,
    put: (cluster, resource, object) => void store(keyOf(cluster, resource, object.metadata.name!), object),
    get: (cluster, resource, name) => objects.get(keyOf(cluster, resource, name)),
    remove(cluster, resource, name) {
      const key = keyOf(cluster, resource, name);
      const object = objects.get(key)!;
      store(key, { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
    },
  };
}
