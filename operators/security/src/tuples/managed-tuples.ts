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
  for (let at = 0; at < deletes.length; at += writeMax)
    await fga.write({ storeId, deletes: deletes.slice(at, at + writeMax).map(keyOf), onMissing: "ignore" });
  for (let at = 0; at < writes.length; at += writeMax)
    await fga.write({ storeId, writes: writes.slice(at, at + writeMax).map(keyOf), onDuplicate: "ignore" });
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

const keyOf = ({ object, relation, user }: RelationshipTuple) => ({ object, relation, user });
const textOf = ({ object, relation, user }: RelationshipTuple): string => JSON.stringify([object, relation, user]);
