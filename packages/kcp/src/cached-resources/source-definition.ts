import type { ResourceDefinition } from "@meshplane/apiserver";
import { keyPrefix, type Store } from "@meshplane/storage";
import type { PublishedResource } from "./published-resources.ts";

/** The definition of what is published, among those of its cluster; without a version any will do. */
export const sourceDefinition = (
  definitions: readonly ResourceDefinition[],
  { group, version, resource }: Pick<PublishedResource, "group" | "version" | "resource">,
): ResourceDefinition | undefined =>
  definitions.find((one) => one.group === group && one.resource === resource && (version === "" || one.version === version));

/** How many objects are published. */
export async function countPublished(
  store: Store,
  { cluster, selector }: PublishedResource,
  { storage }: ResourceDefinition,
): Promise<number> {
  const prefix = keyPrefix(storage.group, storage.resource, storage.identity, cluster);
  const { records } = await store.range(prefix, { keysOnly: true, headerFilter: ({ labels }) => selector.matches(labels) });
  return records.length;
}
