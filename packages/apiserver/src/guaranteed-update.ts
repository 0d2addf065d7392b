import { conflict, objectModified, timeout } from "@meshplane/apimachinery";
import type { GroupResource } from "@meshplane/apimachinery";
import type { Commit, Guard, IndexEntry, NewRecord, Store, StoredRecord } from "@meshplane/storage";

/** What to do with the record that was seen. */
export type Attempt =
  | { readonly write: NewRecord; readonly index: readonly IndexEntry[]; readonly guards?: readonly Guard[] }
  | { readonly write: "delete"; readonly guards?: readonly Guard[] }
  /** nothing changes */
  | { readonly write: "nothing" };

export interface UpdateOutcome<A extends Attempt> {
  readonly attempt: A;
  /** what is stored now; after a delete, what was stored last, at the revision of its deletion */
  readonly record: StoredRecord | undefined;
}

const attemptsMax = 100;

/**
 * Reads, lets `attempt` decide, commits; and again with fresh state each time another writer got in between.
 *
 * @param attempt gets what is stored (undefined: nothing) and which guard failed before, if one did; what it throws ends the update
 * @param seen what the caller has read already; saves the first read
 * @throws StatusError 409 after too many rounds, 504 past the deadline
 */
export async function guaranteedUpdate<A extends Attempt>(
  store: Store,
  key: string,
  resource: GroupResource & { name: string },
  deadline: number,
  clock: () => number,
  attempt: (current: StoredRecord | undefined, failedGuard: Guard | undefined) => A | Promise<A>,
  seen?: { record: StoredRecord | undefined },
): Promise<UpdateOutcome<A>> {
  let current = seen ? seen.record : await store.get(key);
  let failedGuard: Guard | undefined;
  for (let round = 0; round < attemptsMax; round++) {
    const outcome = attempt(current, failedGuard);
    const wanted = outcome instanceof Promise ? await outcome : outcome;
    if (wanted.write === "nothing") return { attempt: wanted, record: current };
    const commit: Commit = { key, expect: current?.revision ?? 0, write: wanted.write };
    if ("index" in wanted) commit.index = wanted.index;
    if (wanted.guards && wanted.guards.length > 0) commit.guards = wanted.guards;
    const result = await store.commit(commit);
    if (result.committed) {
      const record =
        wanted.write === "delete"
          ? { ...current!, revision: result.revision }
          : { key, revision: result.revision, header: wanted.write.header, body: wanted.write.body };
      return { attempt: wanted, record };
    }
    current = result.current;
    failedGuard = result.failedGuard;
    if (round > 0 && clock() > deadline) throw timeout("request did not complete within requested timeout - context deadline exceeded");
  }
  throw conflict(resource, resource.name, objectModified);
}
