/** Bindings of a new logical cluster that are created as their controller would leave them. @see spec tenancy §5.1, apis §5.3 */
import type { APIBinding, LogicalCluster } from "@meshplane/apis";
import { isConditionTrue, type Change } from "@meshplane/controller-runtime";
import type { DefaultBinding } from "../logical-cluster/default-bindings.ts";
import { apiBindingResource, createWhole, type ReconcilerParts } from "../parts.ts";
import { binding } from "./binding.ts";
import { claims } from "./claims.ts";
import { extraAnnotations } from "./extra-annotations.ts";
import { readLocks, type Lock, type Locks } from "./locks.ts";
import { summary } from "./summary.ts";

/**
 * The names that these bindings will take in a cluster that has none yet; undefined when that has to be found out one by one: claims look at what is
 * there, and kinds of one group can be in each other's way.
 */
export function firstLocks(wanted: readonly DefaultBinding[], { exports, paths }: ReconcilerParts): Locks | undefined {
  const locks = new Map<string, Lock>();
  const groups = new Map<string, string>();
  for (const { name, path, export: exportName } of wanted) {
    const cluster = paths.clusterOf(path);
    const entry = cluster === undefined ? undefined : exports.get(cluster, exportName);
    if (!entry?.identityHash || entry.permissionClaims.length > 0) return undefined;
    for (const { group, name: resource } of entry.resources) {
      if ((groups.get(group) ?? name) !== name) return undefined;
      groups.set(group, name);
      locks.set(`${resource}.${group}`, { n: name });
    }
  }
  return locks;
}

/** Creates them Bound, and says which: their controller has nothing to do then. */
export class CompleteBindings {
  readonly #parts: ReconcilerParts;
  /** being created, by `<cluster>/<name>` */
  readonly #making = new Set<string>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Whether the change is one of those creations. */
  isMade(change: Change): boolean {
    const { cluster, name } = change.key;
    return this.#making.has(`${cluster}/${name}`) && !change.previous() && isBound(change.object() as APIBinding | undefined);
  }

  /** Whether the cluster is as new as its LogicalCluster says: the names are locked for these bindings, and nobody has made any. */
  async areFirst(wanted: readonly DefaultBinding[], logicalCluster: LogicalCluster, cluster: string): Promise<boolean> {
    const { apis } = this.#parts;
    if (apis.mayHaveCrds(cluster) || (await apis.of(cluster)).bindings.length > 0) return false;
    const locks = firstLocks(wanted, this.#parts);
    if (!locks) return false;
    const held = readLocks(logicalCluster);
    return held.size === locks.size && [...locks].every(([resource, { n }]) => held.get(resource)?.n === n);
  }

  /** @returns false when something is missing for it: then it is to be created as anybody would */
  async create(object: APIBinding, cluster: string): Promise<boolean> {
    const parts = this.#parts;
    const key = { cluster, namespace: "", name: object.metadata.name! };
    for (const step of [binding(parts, nothingTaken), extraAnnotations(parts), claims(parts), summary()]) await step(object, key);
    if (!isBound(object)) return false;
    const id = `${cluster}/${key.name}`;
    this.#making.add(id);
    try {
      await createWhole(parts, cluster, apiBindingResource, object);
    } finally {
      this.#making.delete(id);
    }
    return true;
  }
}

const nothingTaken = async (): Promise<Locks> => new Map();

const isBound = (object: APIBinding | undefined): boolean =>
  object?.status?.phase === "Bound" &&
  isConditionTrue(object, "InitialBindingCompleted") &&
  isConditionTrue(object, "PermissionClaimsApplied");
