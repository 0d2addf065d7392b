import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The token of shard-admin, a member of system:masters, that `start` keeps in its folder. */
export const administratorToken = (rootDirectory: string): string =>
  (JSON.parse(readFileSync(join(rootDirectory, ".admin-token-store"), "utf8")) as { shardAdmin: string }).shardAdmin;
