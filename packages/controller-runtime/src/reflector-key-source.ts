import { clusterAnnotation, formatGroupResource, type GroupResource, type KubeObject } from "@meshplane/apimachinery";
import type { Informer } from "@meshplane/client"; // only its type: in process there is no HTTP client to load
import type { Change, KeySource, SubscribeOptions } from "./reconciler.ts";

/**
 * Changes from informers, for controllers in a process of their own: a change is told after the informer's cache has it.
 * `unsettled` is not known here, so it means all. A change's `previous` is what the cache had.
 * @param informerOf the informer of a resource; asked once for each
 */
export function reflectorKeySource(informerOf: (resource: GroupResource) => Informer): KeySource {
  const informers = new Map<string, Informer>();
  let started = false;

  return {
    subscribe(resource, onChange, options) {
      const key = formatGroupResource(resource);
      let informer = informers.get(key);
      if (!informer) {
        informer = informerOf(resource);
        informers.set(key, informer);
        // stopping makes it reject, which is nobody's failure
        if (started) informer.start().catch(() => {});
      }
      tellChanges(informer, resource, onChange, options);
    },
    async start() {
      started = true;
      await Promise.all([...informers.values()].map((informer) => informer.start()));
    },
    stop() {
      for (const informer of informers.values()) void informer.stop();
    },
  };
}

/** Connects one subscription to one informer. @returns how to end it */
export function tellChanges(
  informer: Informer,
  resource: GroupResource,
  onChange: (change: Change) => void,
  options?: SubscribeOptions,
): () => void {
  return informer.addHandler({
    added(object, initial) {
      if (initial && options?.initial === "none") return;
      onChange(changeOf(resource, object, undefined));
    },
    updated: (object, old) => onChange(changeOf(resource, object, old)),
    deleted: (object) => onChange(changeOf(resource, undefined, object)),
  });
}

/** @param object as it is now; undefined once deleted, when `previous` must be given */
export function changeOf(resource: GroupResource, object: KubeObject | undefined, previous: KubeObject | undefined): Change {
  const known = (object ?? previous)!;
  const { namespace = "", name = "", labels, annotations, deletionTimestamp } = known.metadata;
  const cluster = annotations && Object.hasOwn(annotations, clusterAnnotation) ? annotations[clusterAnnotation]! : "";
  return {
    resource,
    key: { cluster, namespace, name },
    deleted: object === undefined,
    deleting: deletionTimestamp !== undefined && deletionTimestamp !== null,
    labels,
    object: () => object,
    previous: () => previous,
  };
}
