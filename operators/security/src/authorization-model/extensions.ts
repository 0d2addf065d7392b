import { type AuthorizationModel, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
import type { ObjectKey } from "@meshplane/controller-runtime";
import { UnknownClusterError, type ManagerContext } from "@meshplane/multicluster-provider";
import { apiExportResource, apiResourceSchemaResource } from "../context.ts";
import type { BindingIndex } from "../model-generator/binding-index.ts";
import { type Extension, moduleFileName } from "../model/merge-modules.ts";
import type { ModelledResource } from "../model/resource-module.ts";
import { ProviderBounds } from "./provider-bounds.ts";

/** workspaces whose administrators are the platform's own */
const trusted: ReadonlySet<string> = new Set([platformMeshPaths.system, platformMeshPaths.organizations]);

export const extensionName = ({ cluster, name }: ObjectKey): string => moduleFileName(cluster, name);

/** What a provider's module or tuple is measured by. */
export interface BoundsParts {
  manager: ManagerContext;
  bindings: BindingIndex;
  /** types that every organization's model has */
  reservedTypes: () => Promise<ReadonlySet<string>>;
}

/** Modules as the merge takes them: each may add only what its workspace exports and the organization has bound. */
export async function extensionsOf(
  parts: BoundsParts,
  organization: string,
  models: readonly { key: ObjectKey; model: AuthorizationModel }[],
): Promise<Extension[]> {
  const bounds = new Map<string, ProviderBounds | undefined>();
  const extensions: Extension[] = [];
  for (const { key, model } of models) {
    if (model.metadata.deletionTimestamp) continue;
    if (!bounds.has(key.cluster)) bounds.set(key.cluster, await boundsOf(parts, key.cluster, organization));
    const bound = bounds.get(key.cluster);
    extensions.push({
      name: extensionName(key),
      contents: model.spec.model,
      ...(bound ? { refuse: (added) => bound.refuseModule(added) } : {}),
    });
  }
  return extensions;
}

/** @param organization none: of all that it exports @returns undefined: whatever it likes */
export async function boundsOf(
  { manager, bindings, reservedTypes }: BoundsParts,
  cluster: string,
  organization?: string,
): Promise<ProviderBounds | undefined> {
  if (trusted.has(manager.engaged(cluster)?.path ?? "")) return undefined;
  const bound = organization === undefined ? await exportNames(manager, cluster) : bindings.exportsOf(organization, cluster);
  const resources = await Promise.all(bound.map((name) => exportedResources(manager, cluster, name)));
  return new ProviderBounds(resources.flat(), await reservedTypes());
}

async function exportNames(manager: ManagerContext, cluster: string): Promise<string[]> {
  if (!manager.engaged(cluster)) return [];
  const { items } = await typed(manager.client.cluster(cluster), apiExportResource).list();
  return items.map(({ metadata }) => metadata.name!);
}

/** What an export shares; schemas that are not there yet are passed over, and so is an export that has gone. */
export async function exportedResources(manager: ManagerContext, cluster: string, exportName: string): Promise<ModelledResource[]> {
  try {
    const client = manager.client.cluster(cluster);
    const shared = await found(typed(client, apiExportResource).get(exportName));
    const schemas = typed(client, apiResourceSchemaResource);
    const names = new Set((shared?.spec?.resources ?? []).map(({ schema }) => schema));
    const all = await Promise.all([...names].map((name) => found(schemas.get(name))));
    return all.flatMap((one) => {
      if (!one) return [];
      const { group, names: kind, scope } = one.spec;
      return { group, plural: kind.plural, singular: kind.singular || kind.kind.toLowerCase(), namespaced: scope === "Namespaced" };
    });
  } catch (error) {
    // a workspace that does not use the core export exports nothing that can be looked at
    if (error instanceof UnknownClusterError) return [];
    throw error;
  }
}
