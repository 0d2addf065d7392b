import { clusterAnnotation, type KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { deriveDefinition } from "../definitions/derive-definition.ts";
import type { PublishedResource } from "./published-resources.ts";

/**
 * Published objects as a consumer sees them: read-only, as if they were its own.
 *
 * @param shown the API that the consumer bound
 * @param source what the objects are in the cluster that publishes them
 */
export function shownDefinition(
  consumer: string,
  shown: ResourceDefinition,
  source: ResourceDefinition,
  { cluster, selector }: PublishedResource,
): ResourceDefinition {
  const { group, resource, identity } = source.storage;
  const status = shown.subresources["status"];
  return deriveDefinition(shown, {
    verbs: ["get", "list", "watch"],
    subresources: status ? { status: { ...status, verbs: ["get"] } } : {},
    storage: { group, resource, identity, cluster },
    hash: `shown/${source.hash}`,
    convert: {
      async fromStorage(object) {
        const own = source.convert ? await source.convert.fromStorage(object) : object;
        return asConsumers(own, consumer);
      },
      toStorage() {
        throw new Error("published objects are written where they lie");
      },
    },
    ...(selector.empty ? { restriction: undefined } : { restriction: selector }),
  });
}

function asConsumers(object: KubeObject, consumer: string): KubeObject {
  (object.metadata.annotations ??= {})[clusterAnnotation] = consumer;
  return object;
}
