import { decodeJson, type KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { encodeKey, type Store } from "@meshplane/storage";

/** One cluster-scoped object as it is stored. */
export async function readStored<T extends KubeObject>(
  store: Store,
  definition: ResourceDefinition,
  cluster: string,
  name: string,
): Promise<T | undefined> {
  const record = await store.get(encodeKey({ ...definition.storage, cluster, namespace: "", name }));
  if (!record) return undefined;
  const object = decodeJson(record.body).value as unknown as T;
  object.metadata.resourceVersion = String(record.revision);
  return object;
}
