/** Who has which resource of a logical cluster: an annotation of its LogicalCluster. @see spec apis §5.3 */
import { resourceBindingsAnnotation, type LogicalCluster } from "@meshplane/apis";

/** `n`: the binding; `c`: a CRD, until `e` */
export interface Lock {
  n?: string;
  c?: boolean;
  e?: string;
}

/** by `<resource>.<group>` */
export type Locks = Map<string, Lock>;

/** A value that cannot be read holds no locks. */
export function readLocks({ metadata }: LogicalCluster): Locks {
  try {
    const value: unknown = JSON.parse(metadata.annotations?.[resourceBindingsAnnotation] ?? "{}");
    return new Map(Object.entries(value as Record<string, Lock>));
  } catch {
    return new Map();
  }
}

/** @returns whether anything changed */
export function writeLocks({ metadata }: LogicalCluster, locks: Locks): boolean {
  const text = JSON.stringify(Object.fromEntries([...locks].sort(([a], [b]) => (a < b ? -1 : 1))));
  if ((metadata.annotations?.[resourceBindingsAnnotation] ?? "{}") === text) return false;
  metadata.annotations = { ...metadata.annotations, [resourceBindingsAnnotation]: text };
  return true;
}

/** `map[widgets.example.io:{first false}]`, as Go prints it; clients show it */
export const printLocks = (locks: Locks): string =>
  `map[${[...locks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, { n = "", c = false }]) => `${resource}:{${n} ${c}}`)
    .join(" ")}]`;
