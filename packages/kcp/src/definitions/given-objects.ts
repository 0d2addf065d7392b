import { formatTime, type KubeList, type KubeObject } from "@meshplane/apimachinery";
import { decodeRecord, keyOf, prefixOf, type ComputedRequest, type ResourceDefinition } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";
import { uidOf } from "./uid-of.ts";

/** A resource of `cluster` that has objects from the start, without anybody having stored them; a stored one of the same name takes their place. */
export function withGivenObjects(
  definition: ResourceDefinition,
  given: readonly KubeObject[],
  { store, cluster, since }: { store: Store; cluster: string; since: number },
): ResourceDefinition {
  const known = new Map(given.map((object) => [object.metadata.name!, shown(object)]));
  return {
    ...definition,
    computed: {
      readsOnly: true,
      async get({ name }: ComputedRequest): Promise<KubeObject | undefined> {
        const record = await store.get(keyOf(definition, cluster, "", name));
        return record ? decodeRecord(record, definition) : known.get(name);
      },
      async list({ labelSelector }: ComputedRequest): Promise<KubeList> {
        const { records, revision } = await store.range(prefixOf(definition, cluster, ""));
        const all = new Map(known);
        for (const record of records) {
          const object = await decodeRecord(record, definition);
          all.set(object.metadata.name!, object);
        }
        const items = [...all.values()]
          .filter(({ metadata }) => labelSelector.matches(metadata.labels))
          .sort((a, b) => Buffer.compare(Buffer.from(a.metadata.name!), Buffer.from(b.metadata.name!)));
        return { metadata: { resourceVersion: String(revision) }, items } as unknown as KubeList;
      },
    },
  };

  function shown(object: KubeObject): KubeObject {
    const { name, annotations, ...metadata } = object.metadata;
    return {
      ...object,
      metadata: {
        name: name!,
        uid: uidOf(`${definition.resource}/${name}`),
        resourceVersion: "1",
        creationTimestamp: formatTime(since),
        ...metadata,
        annotations: { ...annotations, "kcp.io/cluster": cluster },
      },
    };
  }
}
