import type { RelationshipTuple } from "@meshplane/apis/platform-mesh";
import type { OpenFga } from "@meshplane/rebac";
import { writeTuples } from "../tuples/managed-tuples.ts";

/**
 * Tuples about what was in a workspace: its objects, and roles on them. The engine cannot be asked for those of one workspace, so all of the store are gone through,
 * once for all workspaces that end meanwhile.
 */
export class TuplesInside {
  readonly #fga: OpenFga;
  /** by store: those whose pass has not begun */
  readonly #waiting = new Map<string, { clusters: Set<string>; done: Promise<void> }>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(fga: OpenFga) {
    this.#fga = fga;
  }

  /** @param cluster its logical cluster; names of these are never used again @throws OpenFgaError */
  remove(storeId: string, cluster: string): Promise<void> {
    let next = this.#waiting.get(storeId);
    if (!next) {
      const clusters = new Set<string>();
      const before = this.#running.get(storeId) ?? Promise.resolve();
      const done = before
        .catch(() => {})
        .then(() => {
          this.#waiting.delete(storeId);
          const pass = this.#pass(storeId, clusters).finally(() => {
            if (this.#running.get(storeId) === pass) this.#running.delete(storeId);
          });
          this.#running.set(storeId, pass);
          return pass;
        });
      this.#waiting.set(storeId, (next = { clusters, done }));
    }
    next.clusters.add(cluster);
    return next.done;
  }

  async #pass(storeId: string, clusters: ReadonlySet<string>): Promise<void> {
    const found: RelationshipTuple[] = [];
    for (let continuationToken = ""; ;) {
      const page = await this.#fga.read({ storeId, pageSize: 100, ...(continuationToken ? { continuationToken } : {}) });
      for (const { key } of page.tuples)
        if (clusters.has(clusterOfObject(key.object)) || clusters.has(clusterOfObject(key.user)))
          found.push({ object: key.object, relation: key.relation, user: key.user });
      if (!page.continuationToken) break;
      continuationToken = page.continuationToken;
    }
    if (found.length > 0) await writeTuples(this.#fga, storeId, { deletes: found });
  }
}

/** `<type>:<cluster>/…` or `role:<type>/<cluster>/…`; "" when it is of no workspace */
function clusterOfObject(object: string): string {
  const colon = object.indexOf(":");
  const parts = object.slice(colon + 1).split("/");
  if (parts.length < 2) return "";
  return object.startsWith("role:") ? (parts.length >= 3 ? parts[1]! : "") : parts[0]!;
}
