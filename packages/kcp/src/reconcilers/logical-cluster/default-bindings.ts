import {
  defaultApiBindingName,
  type APIBinding,
  type AcceptablePermissionClaim,
  type LogicalCluster,
  type PermissionClaim,
} from "@meshplane/apis";
import { typeAnnotation, type WorkspaceType } from "@meshplane/apis";
import { clusterOfType, pathOfType, splitType } from "../../workspace-types.ts";
import type { ReconcilerParts } from "../parts.ts";

export interface DefaultBinding {
  name: string;
  path: string;
  export: string;
  lifecycle: "InitializeOnly" | "Maintain";
  /** undefined while the export does not exist */
  claims: readonly PermissionClaim[] | undefined;
}

/** The bindings that the cluster's type asks for, each export once. @throws Error when a type is missing */
export async function defaultBindings(logicalCluster: LogicalCluster, cluster: string, parts: ReconcilerParts): Promise<DefaultBinding[]> {
  return bindingsOf(await aliasesOf(logicalCluster, parts), cluster, parts);
}

/** Those of them that stay as the exports are; nearly always none. @throws Error when a type is missing */
export async function maintainedBindingsOf(
  logicalCluster: LogicalCluster,
  cluster: string,
  parts: ReconcilerParts,
): Promise<DefaultBinding[]> {
  const aliases = await aliasesOf(logicalCluster, parts);
  if (!aliases.some((type) => lifecycleOf(type) === "Maintain")) return [];
  return bindingsOf(aliases, cluster, parts).filter(({ lifecycle }) => lifecycle === "Maintain");
}

async function aliasesOf(logicalCluster: LogicalCluster, { types }: ReconcilerParts): Promise<WorkspaceType[]> {
  const split = splitType(logicalCluster.metadata.annotations?.[typeAnnotation] ?? "");
  return split ? types.aliases(await types.get(split.path, split.name)) : [];
}

function bindingsOf(aliases: readonly WorkspaceType[], cluster: string, parts: ReconcilerParts): DefaultBinding[] {
  const found = new Map<string, DefaultBinding>();
  for (const type of aliases)
    for (const { path: written, export: name } of type.spec?.defaultAPIBindings ?? []) {
      const path = written || pathOfType(type);
      const exportCluster = written ? parts.paths.clusterOf(written) : clusterOfType(type);
      const entry = exportCluster === undefined ? undefined : parts.exports.get(exportCluster, name);
      found.set(`${path}|${name}`, {
        name: defaultApiBindingName(cluster, path, name),
        path,
        export: name,
        lifecycle: lifecycleOf(type),
        claims: entry?.permissionClaims,
      });
    }
  return [...found.values()];
}

const lifecycleOf = (type: WorkspaceType): DefaultBinding["lifecycle"] => type.spec?.defaultAPIBindingLifecycle ?? "InitializeOnly";

/** All claims of the export are accepted: the owner of the type has decided. */
export const acceptedClaims = (claims: readonly PermissionClaim[]): AcceptablePermissionClaim[] =>
  claims.map((claim) => ({ ...claim, selector: claim.defaultSelector ?? { matchAll: true }, state: "Accepted" }));

export const bindingOf = ({ name, path, export: exportName, claims = [] }: DefaultBinding): APIBinding => ({
  apiVersion: "apis.kcp.io/v1alpha2",
  kind: "APIBinding",
  metadata: { name },
  spec: {
    reference: { export: { path, name: exportName } },
    ...(claims.length > 0 ? { permissionClaims: acceptedClaims(claims) } : {}),
  },
});
