import type { Commit } from "./store.ts";
import { StoreError } from "./store.ts";

export const recordBytesMax = 8 << 20;
export const guardsMax = 8;
export const indexEntriesMax = 32;

/** What every driver refuses before it looks at its data. @throws StoreError TooLarge, RangeError for a caller's mistake */
export function requireCommit(commit: Commit): void {
  if (commit.key === "") throw new RangeError("a commit needs a key");
  if ((commit.guards?.length ?? 0) > guardsMax) throw new RangeError(`more than ${guardsMax} guards on ${commit.key}`);
  if (commit.write === "delete") {
    if (commit.expect === 0) throw new RangeError(`a delete of ${commit.key} needs the revision that the caller saw`);
    return;
  }
  if ((commit.index?.length ?? 0) > indexEntriesMax) throw new RangeError(`more than ${indexEntriesMax} index entries on ${commit.key}`);
  const { header, body } = commit.write;
  if (body.byteLength + headerSize(header) > recordBytesMax) {
    throw new StoreError("TooLarge", `the record at ${commit.key} is larger than ${recordBytesMax} bytes`);
  }
}

/** Roughly the bytes of a header: enough to charge caches and limits by. */
export function headerSize(header: {
  labels: Readonly<Record<string, string>> | undefined;
  fields: Readonly<Record<string, string>> | undefined;
}): number {
  let size = 120;
  for (const map of [header.labels, header.fields]) {
    if (map) for (const name of Object.keys(map)) size += name.length + map[name]!.length + 8;
  }
  return size;
}
