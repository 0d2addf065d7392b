/** Every name and label that is made from a digest. @see spec tenancy §1.1, apis §6 */
import { createHash, randomBytes } from "node:crypto";
import { base36Padded, base62 } from "./base-n.ts";
import type { PermissionClaim } from "../apis/v1alpha2/permission-claim.ts";

const sha224 = (input: string | Uint8Array): Buffer => createHash("sha224").update(input).digest();

/** 16 characters. `random` is 32 bytes. */
export const newClusterName = (random: Uint8Array = randomBytes(32)): string => base36Padded(sha224(random)).slice(0, 16);

/** The logical cluster of a user's home workspace. */
export const homeClusterName = (userName: string): string => base36Padded(sha224(userName).subarray(0, 8));

/** Value of the annotation `internal.tenancy.kcp.io/shard`. */
export const shardHash = (shardName: string): string => base36Padded(sha224(shardName)).slice(0, 8);

const labelKeyLength = 63;

const lifecycleLabel = (prefix: string, id: string): { key: string; value: string } => {
  const value = sha224(id).toString("hex");
  return { key: `${prefix}${value}`.slice(0, labelKeyLength), value };
};

/** The label that a LogicalCluster carries while this initializer remains. */
export const initializerLabel = (initializer: string): { key: string; value: string } =>
  lifecycleLabel(initializerLabelPrefix, initializer);
export const terminatorLabel = (terminator: string): { key: string; value: string } => lifecycleLabel(terminatorLabelPrefix, terminator);
export const initializerLabelPrefix = "initializer.internal.kcp.io/";
export const terminatorLabelPrefix = "terminator.internal.kcp.io/";

export const claimLabelPrefix = "claimed.internal.apis.kcp.io/";

/** exports are few and asked for with every write of their consumers */
const exportHashes = new Map<string, string>();
const exportHashesMax = 4096;

function exportHash(exportCluster: string, exportName: string): string {
  const id = `${exportCluster}:${exportName}`;
  let hash = exportHashes.get(id);
  if (hash === undefined) {
    hash = base62(sha224(id));
    if (exportHashes.size >= exportHashesMax) exportHashes.clear();
    exportHashes.set(id, hash);
  }
  return hash;
}

/** Value of the label `internal.apis.kcp.io/export` of an APIBinding. */
export const exportLabelValue = exportHash;

/** Key of the label that marks objects claimed by an export. */
export const claimLabelKey = (exportCluster: string, exportName: string): string =>
  claimLabelPrefix + exportHash(exportCluster, exportName);

/** Its value: a digest of the claim's group, resource and identity. */
export function claimLabelValue({ group, resource, identityHash }: Pick<PermissionClaim, "group" | "resource" | "identityHash">): string {
  const canonical: Record<string, unknown> = {};
  if (group) canonical["group"] = group;
  canonical["resource"] = resource;
  canonical["verbs"] = null;
  if (identityHash) canonical["identityHash"] = identityHash;
  return base62(sha224(JSON.stringify(canonical)));
}

/** The label value that an export's own APIBindings carry. */
export const reflexiveClaimLabelValue: string = base62(Uint8Array.from({ length: 28 }, (_, i) => i % 10));

/** Name of a binding that a WorkspaceType asks for. */
export function defaultApiBindingName(consumerCluster: string, exportPath: string, exportName: string): string {
  const suffix = base62(sha224(`${consumerCluster}|${exportPath}|${exportName}`))
    .toLowerCase()
    .slice(0, 5);
  return `${exportName.slice(0, 247)}-${suffix}`;
}

/** `status.identityHash` of an export whose secret holds these bytes. */
export const identityHash = (key: string | Uint8Array): string => createHash("sha256").update(key).digest("hex");

/** A fresh identity: 43 characters. */
export const newIdentityKey = (): string => randomBytes(32).toString("base64url");
