import { hasReason } from "@meshplane/apimachinery";
import type { PermissionClaim } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { builtInIdentity, decodeKey, keyPrefix } from "@meshplane/storage";
import type { ReconcilerParts } from "../parts.ts";

/** Objects that are touched before others get their turn. */
const pageSize = 100;

/** An empty patch of every object that the claims are about: admission sets the labels right. @see spec apis §7.2 */
export async function relabel(cluster: string, claims: readonly PermissionClaim[], parts: ReconcilerParts): Promise<void> {
  for (const claim of claims) {
    const { surface } = await parts.apis.of(cluster);
    const definition = surface.definitions.find((one) => isClaimed(one, claim));
    if (definition) await touchAll(cluster, definition, parts);
  }
}

function isClaimed({ group, resource, storage, computed, convert }: ResourceDefinition, claim: PermissionClaim): boolean {
  if (computed || convert || resource !== claim.resource || group !== (claim.group ?? "")) return false;
  return claim.identityHash ? storage.identity === claim.identityHash : storage.identity === builtInIdentity || group === "";
}

async function touchAll(cluster: string, definition: ResourceDefinition, { store, api, user }: ReconcilerParts): Promise<void> {
  const { group, resource, identity } = definition.storage;
  let after: string | undefined;
  for (;;) {
    const page = await store.range(keyPrefix(group, resource, identity, cluster), {
      limit: pageSize,
      keysOnly: true,
      ...(after ? { after } : {}),
    });
    for (const { key } of page.records) {
      const { namespace, name } = decodeKey(key);
      try {
        await api().object({ verb: "patch", user, cluster, resource: definition, namespace, name, patch: { type: "merge", body: {} } });
      } catch (error) {
        if (!hasReason(error, "NotFound")) throw error;
      }
    }
    if (!page.more) return;
    after = page.records.at(-1)!.key;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
