import { forbidden } from "@meshplane/apimachinery";
import { coreGroup, logicalClusterName } from "@meshplane/apis";
import type { ServerOptions } from "@meshplane/apiserver";
import { builtInIdentity, encodeKey } from "@meshplane/storage";
import type { PathIndex } from "./path-index.ts";

type CreateGuards = NonNullable<ServerOptions["createGuards"]>;

/**
 * Nothing is made in a logical cluster that is gone: its deletion would have overlooked it. In the very moment of the commit both the LogicalCluster and
 * what `further` asks for must be there. @throws StatusError 403
 */
export const logicalClusterGuards =
  (paths: PathIndex, further: CreateGuards): CreateGuards =>
  async (definition, cluster, namespace, context, name) => {
    const guards = await further(definition, cluster, namespace, context, name);
    const isItself = definition.group === coreGroup && definition.resource === "logicalclusters";
    if (isItself || definition.computed || cluster.startsWith("system:")) return guards;
    if (!paths.get(cluster)) throw forbidden(definition, name, "LogicalCluster not found");
    const key = encodeKey({
      group: coreGroup,
      resource: "logicalclusters",
      identity: builtInIdentity,
      cluster,
      namespace: "",
      name: logicalClusterName,
    });
    return [...guards, { key, revision: "exists" }];
  };
