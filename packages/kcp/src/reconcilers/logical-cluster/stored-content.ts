import { decodeJson, formatGroupResource, type KubeObject } from "@meshplane/apimachinery";
import { definitionOfKey } from "@meshplane/controlplane";
import { decodeKey, type StoredRecord } from "@meshplane/storage";
import type { ReconcilerParts } from "../parts.ts";

export interface StoredObject {
  key: string;
  revision: number;
  deleting: boolean;
  finalizers: readonly string[];
}

export function storedOf(record: StoredRecord): StoredObject {
  const { key, revision, header, body } = record;
  const finalizers =
    header.deleting && body.length > 0 ? ((decodeJson(body).value as unknown as KubeObject).metadata.finalizers ?? []) : [];
  return { key, revision, deleting: header.deleting, finalizers };
}

/** DELETE through the write path; what nobody serves any more goes without ceremony. */
export async function deleteStored({ key, revision }: StoredObject, parts: ReconcilerParts): Promise<void> {
  const { cluster, namespace, name } = decodeKey(key);
  const definition = definitionOfKey((await parts.apis.of(cluster)).surface, key);
  if (!definition) {
    await parts.store.commit({ key, expect: revision, write: "delete" });
    return;
  }
  await parts.api().object({
    verb: "delete",
    user: parts.user,
    cluster,
    resource: definition,
    namespace,
    name,
    options: { propagationPolicy: "Background" },
  });
}

/** `Some resources are remaining: configmaps. has 1 resource instances; Some content in the logical cluster has finalizers remaining: …` */
export function describeRemaining(
  objects: readonly StoredObject[],
  what = "Some content in the logical cluster has finalizers remaining",
): string {
  const byResource = count(objects.map(({ key }) => printed(key)));
  const byFinalizer = count(objects.flatMap(({ finalizers }) => finalizers));
  const resources = `Some resources are remaining: ${listed(byResource, "has")}`;
  return byFinalizer.size > 0 ? `${resources}; ${what}: ${listed(byFinalizer, "in")}` : resources;
}

export const listed = (counts: ReadonlyMap<string, number>, word: string): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, number]) => `${name} ${word} ${number} resource instances`)
    .join(", ");

export function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** upstream prints the core group as an empty one, with the dot */
function printed(key: string): string {
  const { group, resource } = decodeKey(key);
  return group === "" ? `${resource}.` : formatGroupResource({ group, resource });
}
