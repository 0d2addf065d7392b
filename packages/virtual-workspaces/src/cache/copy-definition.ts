import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition, Verb } from "@meshplane/apiserver";
import { deriveDefinition } from "@meshplane/kcp";

export const shardAnnotation = "kcp.io/shard";
const versionAnnotation = "cache.kcp.io/original-resource-version";
const uidAnnotation = "cache.kcp.io/original-resource-UID";

const verbs: readonly Verb[] = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** Objects as a cache server shows its copies of them: where they come from is added, and what is written to them does not last. */
export function copyDefinition(definition: ResourceDefinition, shard: string): ResourceDefinition {
  const { convert } = definition;
  return deriveDefinition(definition, {
    builtIn: false,
    verbs,
    subresources: {},
    discoverable: true,
    deprecationWarning: undefined,
    hash: `copy/${definition.hash}`,
    discardsWrites: true,
    convert: {
      fromStorage(object) {
        if (!convert) return asCopy(object, shard);
        const own = convert.fromStorage(object);
        return own instanceof Promise ? own.then((it) => asCopy(it, shard)) : asCopy(own, shard);
      },
      toStorage() {
        throw new Error("copies are not stored");
      },
    },
  });
}

/** A private object becomes the copy. */
export function asCopy(object: KubeObject, shard: string): KubeObject {
  const { metadata } = object;
  metadata.annotations = {
    ...metadata.annotations,
    [shardAnnotation]: shard,
    [versionAnnotation]: metadata.resourceVersion ?? "",
    [uidAnnotation]: metadata.uid ?? "",
  };
  return object;
}
