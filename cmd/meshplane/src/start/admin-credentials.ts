/** The two administrators of `admin.kubeconfig`: their tokens are made once and kept in the root directory. */
import { createHash, randomBytes } from "node:crypto";
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
  const user = (name: string, group: string, token: string): User => ({
    name,
    uid: uidOf(token),
    groups: [group, "system:authenticated"],
    extra: {},
  });
  return {
    users: new Map([
      [tokens.kcpAdmin, user("kcp-admin", "system:kcp:admin", tokens.kcpAdmin)],
      [tokens.shardAdmin, user("shard-admin", "system:masters", tokens.shardAdmin)],
    ]),
    kcpAdminToken: tokens.kcpAdmin,
    shardAdminToken: tokens.shardAdmin,
  };
}

/** The same as long as the token is. */
function uidOf(token: string): string {
  const hex = createHash("sha256").update(`uid:${token}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
