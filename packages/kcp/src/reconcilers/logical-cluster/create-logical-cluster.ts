import { apiBindingsInitializer, type LogicalCluster } from "@meshplane/apis";
import { firstLocks } from "../api-binding/complete-bindings.ts";
import { writeLocks } from "../api-binding/locks.ts";
import { createWhole, logicalClusterResource, withoutSlash, type ReconcilerParts } from "../parts.ts";
import { defaultBindings } from "./default-bindings.ts";

/**
 * Creates a LogicalCluster in one commit as it enters Initializing: with its address, whoever prepares and cleans up, and the names that its default
 * bindings will take. @throws StatusError AlreadyExists
 */
export async function createLogicalCluster(wanted: LogicalCluster, cluster: string, parts: ReconcilerParts): Promise<void> {
  const { initializers, terminators } = wanted.spec;
  const born: LogicalCluster = {
    ...wanted,
    metadata: { ...wanted.metadata },
    status: {
      phase: "Initializing",
      URL: `${withoutSlash(parts.shard.externalURL)}/clusters/${cluster}`,
      ...(initializers ? { initializers } : {}),
      ...(terminators ? { terminators } : {}),
    },
  };
  const locks = initializers?.includes(apiBindingsInitializer) && firstLocks(await defaultBindings(born, cluster, parts), parts);
  if (locks) writeLocks(born, locks);
  await createWhole(parts, cluster, logicalClusterResource, born);
}
