import { allow, noOpinion, type Decision, type Projection, type Target, type User } from "@meshplane/apiserver";
import { builtInIdentity, keyPrefix, type FeedBatch, type Store } from "@meshplane/storage";
import { objectOf } from "../local/feed-key-source.ts";
import { CompiledPolicy, type ClusterRoleFallback, type PolicyObjects } from "./compiled-policy.ts";
import { rbacGroup, rbacVersion, type PolicyRule, type Role, type RoleBinding, type RoleRef } from "./policy.ts";

export interface RbacIndexOptions {
  store: Store;
  /** the logical cluster whose cluster roles every role reference may name */
  policyCluster: string;
  /** what that cluster has before anything is stored in it; stored objects of the same name win */
  bootstrap: Pick<PolicyObjects, "clusterRoles" | "clusterRoleBindings">;
  /** memory for compiled clusters; 64 MB by default */
  bytesMax?: number;
}

const kinds = {
  clusterroles: "ClusterRole",
  clusterrolebindings: "ClusterRoleBinding",
  roles: "Role",
  rolebindings: "RoleBinding",
} as const;
type RbacResource = keyof typeof kinds;

const keyStart = `/${rbacGroup}/`;
/** what an entry costs beyond the text of its objects, and how much bigger than the text they are in memory */
const entryBytes = 1024;
const growth = 4;

interface Compiled {
  policy: CompiledPolicy;
  /** to the cluster roles of the policy cluster */
  fallback: ClusterRoleFallback;
}

interface Entry {
  policy: CompiledPolicy;
  bytes: number;
}

/**
 * RBAC of all logical clusters. Nothing is kept for a cluster until somebody asks; then its roles and bindings are compiled once, and forgotten
 * with the next change of any of them, or when others need the memory. Decisions are never remembered, so a revocation counts at once.
 */
export class RbacIndex implements Projection {
  readonly name = "rbac";
  readonly #store: Store;
  readonly #policyCluster: string;
  readonly #bootstrap: RbacIndexOptions["bootstrap"];
  readonly #bytesMax: number;
  /** least recently used first; the policy cluster stands apart */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #policy: Compiled | undefined;
  /** clusters being compiled; changed meanwhile: once more */
  readonly #compiling = new Map<string, { result: Promise<CompiledPolicy>; stale: boolean }>();

  constructor(options: RbacIndexOptions) {
    this.#store = options.store;
    this.#policyCluster = options.policyCluster;
    this.#bootstrap = options.bootstrap;
    this.#bytesMax = options.bytesMax ?? 64 << 20;
  }

  async load(): Promise<void> {
    await this.#compile(this.#policyCluster);
  }

  apply(batch: FeedBatch): void {
    for (const { key } of batch.events) {
      if (!key.startsWith(keyStart)) continue;
      const cluster = key.split("/", 5)[4]!;
      this.#drop(cluster);
      const compiling = this.#compiling.get(cluster);
      if (compiling) compiling.stale = true;
    }
  }

  /**
   * What roles and bindings of `cluster` say about one identity as it is. A cluster role that `cluster` does not have is looked up in the policy
   * cluster. Allows or has no opinion; synchronous once the cluster is compiled.
   */
  authorize(cluster: string, user: User, target: Target): Decision | Promise<Decision> {
    const compiled = this.#compiled(cluster);
    if (compiled) return decide(compiled, user, target);
    return this.#ready(cluster).then((it) => decide(it, user, target));
  }

  /** `authorize` as a plain answer */
  async allows(cluster: string, user: User, target: Target): Promise<boolean> {
    return (await this.authorize(cluster, user, target)).decision === "allow";
  }

  /**
   * Every rule of `cluster` that applies to one of the identities, in a namespace ("" for cluster-wide ones only).
   * @param options.local role references are not looked up in the policy cluster
   */
  async rulesFor(
    cluster: string,
    users: readonly User[],
    namespace: string,
    options: { local?: boolean } = {},
  ): Promise<{ rules: PolicyRule[]; missing: RoleRef[] }> {
    const { policy, fallback } = this.#compiled(cluster) ?? (await this.#ready(cluster));
    return policy.rulesFor(users, namespace, options.local ? undefined : fallback);
  }

  /** The rules of a role of `cluster` itself; undefined when it has none of this name. */
  async roleRules(cluster: string, roleRef: RoleRef, namespace: string): Promise<readonly PolicyRule[] | undefined> {
    const { policy } = this.#compiled(cluster) ?? (await this.#ready(cluster));
    return policy.roleRules(roleRef, namespace);
  }

  /** bytes that compiled clusters take, roughly; for metrics */
  get bytes(): number {
    return this.#bytes;
  }

  #compiled(cluster: string): Compiled | undefined {
    const base = this.#policy;
    if (!base) return undefined;
    if (cluster === this.#policyCluster) return base;
    const entry = this.#entries.get(cluster);
    if (!entry) return undefined;
    this.#entries.delete(cluster);
    this.#entries.set(cluster, entry);
    return { policy: entry.policy, fallback: base.fallback };
  }

  async #ready(cluster: string): Promise<Compiled> {
    const base = this.#policy ?? compiledBase(await this.#compile(this.#policyCluster));
    if (cluster === this.#policyCluster) return base;
    const policy = this.#entries.get(cluster)?.policy ?? (await this.#compile(cluster));
    return { policy, fallback: base.fallback };
  }

  #compile(cluster: string): Promise<CompiledPolicy> {
    const running = this.#compiling.get(cluster);
    // One that began before a change may not have seen it: who asks now must.
    if (running && !running.stale) return running.result;
    const compiling = { result: undefined as unknown as Promise<CompiledPolicy>, stale: false };
    compiling.result = this.#read(cluster, compiling).finally(() => {
      if (this.#compiling.get(cluster) === compiling) this.#compiling.delete(cluster);
    });
    this.#compiling.set(cluster, compiling);
    return compiling.result;
  }

  async #read(cluster: string, compiling: { stale: boolean }): Promise<CompiledPolicy> {
    for (;;) {
      compiling.stale = false;
      let bytes = entryBytes;
      const read = async <T>(resource: RbacResource): Promise<T[]> => {
        const prefix = keyPrefix(rbacGroup, resource, builtInIdentity, cluster);
        const { records } = await this.#store.range(prefix);
        return records.map((record) => {
          bytes += record.body.byteLength * growth;
          return objectOf(record, { apiVersion: rbacVersion, kind: kinds[resource] }) as T;
        });
      };
      const objects: PolicyObjects = {
        clusterRoles: await read<Role>("clusterroles"),
        clusterRoleBindings: await read<RoleBinding>("clusterrolebindings"),
        roles: await read<Role>("roles"),
        roleBindings: await read<RoleBinding>("rolebindings"),
      };
      if (compiling.stale) continue;
      const isBase = cluster === this.#policyCluster;
      const policy = new CompiledPolicy(isBase ? overlaid(this.#bootstrap, objects) : objects);
      // Another one has begun since, after a change that this one may have missed.
      if (this.#compiling.get(cluster) !== compiling) return policy;
      if (isBase) {
        this.#policy = compiledBase(policy);
        return policy;
      }
      this.#drop(cluster);
      this.#entries.set(cluster, { policy, bytes });
      this.#bytes += bytes;
      this.#shrink(cluster);
      return policy;
    }
  }

  #drop(cluster: string): void {
    if (cluster === this.#policyCluster) {
      this.#policy = undefined;
      return;
    }
    const entry = this.#entries.get(cluster);
    if (!entry) return;
    this.#entries.delete(cluster);
    this.#bytes -= entry.bytes;
  }

  #shrink(keep: string): void {
    for (const cluster of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      if (cluster !== keep) this.#drop(cluster);
    }
  }
}

const compiledBase = (policy: CompiledPolicy): Compiled => ({
  policy,
  fallback: (name) => policy.clusterRole(name),
});

function decide({ policy, fallback }: Compiled, user: User, target: Target): Decision {
  const answer = policy.decide(user, target, fallback);
  if ("allowedBy" in answer) return allow(answer.allowedBy);
  return noOpinion(answer.missing.length === 0 ? "" : `RBAC: ${answer.missing.join(", ")}`);
}

function overlaid(bootstrap: RbacIndexOptions["bootstrap"], stored: PolicyObjects): PolicyObjects {
  const byName = <T extends Role | RoleBinding>(first: readonly T[], then: readonly T[]): T[] => [
    ...new Map([...first, ...then].map((it) => [it.metadata.name!, it])).values(),
  ];
  return {
    ...stored,
    clusterRoles: byName(bootstrap.clusterRoles, stored.clusterRoles),
    clusterRoleBindings: byName(bootstrap.clusterRoleBindings, stored.clusterRoleBindings),
  };
}
