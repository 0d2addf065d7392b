/** The two administrators of `admin.kubeconfig`: their tokens are made once and kept in the root directory. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { User } from "@meshplane/apiserver";
import { writePrivateFile } from "./private-file.ts";

export interface AdminCredentials {
  /** by token */
  users: ReadonlyMap<string, User>;
  kcpAdminToken: string;
  shardAdminToken: string;
}

export function adminCredentials(directory: string): AdminCredentials {
  const file = join(directory, ".admin-token-store");
  let tokens: { kcpAdmin: string; shardAdmin: string } | undefined;
  if (existsSync(file)) {
    try {
      const kept = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      if (typeof kept.kcpAdmin === "string" && typeof kept.shardAdmin === "string")
        tokens = { kcpAdmin: kept.kcpAdmin, shardAdmin: kept.shardAdmin };
    } catch {
      // made anew below: whoever holds the old kubeconfig takes the new one
    }
  }
  if (!tokens) {
    tokens = { kcpAdmin: randomBytes(32).toString("base64url"), shardAdmin: randomBytes(32).toString("base64url") };
    writePrivateFile(file, JSON.stringify(tokens));
  }
  const user = (name: string, group: string): User => ({ name, uid: "", groups: [group, "system:authenticated"], extra: {} });
  return {
    users: new Map([
      [tokens.kcpAdmin, user("kcp-admin", "system:kcp:admin")],
      [tokens.shardAdmin, user("shard-admin", "system:masters")],
    ]),
    kcpAdminToken: tokens.kcpAdmin,
    shardAdminToken: tokens.shardAdmin,
  };
}
