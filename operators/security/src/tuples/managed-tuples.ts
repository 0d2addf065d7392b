import type { RelationshipTuple } from "@meshplane/apis/platform-mesh";
import type { OpenFga } from "@meshplane/rebac";

/** most that OpenFGA takes in one write */
const writeMax = 100;

/** Writes and deletes; what is there already, or gone already, is fine. @throws OpenFgaError */
export async function writeTuples(
  fga: OpenFga,
  storeId: string,
  { writes = [], deletes = [] }: { writes?: readonly RelationshipTuple[]; deletes?: readonly RelationshipTuple[] },
): Promise<void> {
  for (const some of pages(deletes)) await fga.write({ storeId, deletes: some, onMissing: "ignore" });
  for (const some of pages(writes)) await fga.write({ storeId, writes: some, onDuplicate: "ignore" });
}

/** each once: the same tuple twice in a request is refused */
function* pages(tuples: readonly RelationshipTuple[]): Generator<RelationshipTuple[]> {
  const once = [...new Map(tuples.map((tuple) => [textOf(tuple), keyOf(tuple)])).values()];
  for (let at = 0; at < once.length; at += writeMax) yield once.slice(at, at + writeMax);
}

/** Brings what an object manages from what was written last to what it wants now. @returns what is managed now */
export async function syncTuples(
  fga: OpenFga,
  storeId: string,
  wanted: readonly RelationshipTuple[],
  managed: readonly RelationshipTuple[],
): Promise<RelationshipTuple[]> {
  const keep = new Set(wanted.map(textOf));
  await writeTuples(fga, storeId, { writes: wanted, deletes: managed.filter((tuple) => !keep.has(textOf(tuple))) });
  return wanted.map(({ object, relation, user }) => ({ object, relation, user }));
}

export const sameTuple = (a: RelationshipTuple, b: RelationshipTuple): boolean =>
  a.object === b.object && a.relation === b.relation && a.user === b.user;

/** whether one of them is not there */
export async function missingOf(fga: OpenFga, storeId: string, tuples: readonly RelationshipTuple[]): Promise<boolean> {
  for (const tuple of tuples) if ((await fga.read({ storeId, tupleKey: keyOf(tuple), pageSize: 1 })).tuples.length === 0) return true;
  return false;
}

const keyOf = ({ object, relation, user }: RelationshipTuple) => ({ object, relation, user });
const textOf = ({ object, relation, user }: RelationshipTuple): string => JSON.stringify([object, relation, user]);
