import type { APIExport, APIResourceSchema } from "@meshplane/apis";
import { type AuthorizationModel, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import type { KubeObject } from "@meshplane/apimachinery";
import { typed } from "@meshplane/client";
import type { ObjectKey } from "@meshplane/controller-runtime";
import { UnknownClusterError, type ManagerContext } from "@meshplane/multicluster-provider";
import { apiExportResource, apiResourceSchemaResource } from "../context.ts";
import type { Extension } from "../model/merge-modules.ts";
import type { ModelledResource } from "../model/resource-module.ts";
import { ProviderBounds } from "./provider-bounds.ts";

/** workspaces whose administrators are the platform's own */
const trusted: ReadonlySet<string> = new Set([platformMeshPaths.system, platformMeshPaths.organizations]);

export const extensionName = ({ cluster, name }: ObjectKey): string => `${cluster}/${name}.fga`;

/** Modules as the merge takes them: each may add only what its workspace exports. */
export async function extensionsOf(
  manager: ManagerContext,
  models: readonly { key: ObjectKey; model: AuthorizationModel }[],
): Promise<Extension[]> {
  const bounds = new Map<string, Promise<ProviderBounds | undefined>>();
  const extensions: Extension[] = [];
  for (const { key, model } of models) {
    if (model.metadata.deletionTimestamp) continue;
    if (!bounds.has(key.cluster)) bounds.set(key.cluster, boundsOf(manager, key.cluster));
    const bound = await bounds.get(key.cluster)!;
    extensions.push({
      name: extensionName(key),
      contents: model.spec.model,
      ...(bound ? { refuse: (added) => bound.refuseModule(added) } : {}),
    });
  }
  return extensions;
}

/** undefined: whatever it likes */
export async function boundsOf(manager: ManagerContext, cluster: string): Promise<ProviderBounds | undefined> {
  if (trusted.has(manager.engaged(cluster)?.path ?? "")) return undefined;
  return new ProviderBounds(await exportedResources(manager, cluster));
}

/** What the exports of a workspace share. */
export async function exportedResources(manager: ManagerContext, cluster: string, exportName?: string): Promise<ModelledResource[]> {
  try {
    const client = manager.client.cluster(cluster);
    const exports: (APIExport & KubeObject)[] =
      exportName === undefined
        ? (await typed(client, apiExportResource).list()).items
        : [await typed(client, apiExportResource).get(exportName)];
    const schemas = typed(client, apiResourceSchemaResource);
    const names = new Set(exports.flatMap(({ spec }) => (spec?.resources ?? []).map(({ schema }) => schema)));
    const found: (APIResourceSchema & KubeObject)[] = await Promise.all([...names].map((name) => schemas.get(name)));
    return found.map(({ spec: { group, names: kind, scope } }) => ({
      group,
      plural: kind.plural,
      singular: kind.singular || kind.kind.toLowerCase(),
      namespaced: scope === "Namespaced",
    }));
  } catch (error) {
    // a workspace that does not use the core export exports nothing that can be looked at
    if (error instanceof UnknownClusterError) return [];
    throw error;
  }
}
