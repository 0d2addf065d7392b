import { internalError } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { deriveDefinition } from "../definitions/derive-definition.ts";
import type { ExportIndex } from "../exports/export-index.ts";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { BindingEntry } from "../surfaces/binding-entry.ts";
import type { VirtualDefinitions } from "../surfaces/cluster-apis.ts";
import { isSliceReference } from "./slice-reference.ts";
import type { PublishedResource, PublishedResources } from "./published-resources.ts";
import { shownDefinition } from "./shown-definition.ts";
import { sourceDefinition } from "./source-definition.ts";

export interface VirtualResourceParts {
  exports: ExportIndex;
  paths: PathIndex;
  published: PublishedResources;
}

/** What a consumer has of an export's resource with virtual storage: the objects that its endpoint slice publishes. @see spec apis §10 */
export const virtualResources =
  (parts: VirtualResourceParts): VirtualDefinitions =>
  async (consumer, binding, { group, resource }, bound, own) => {
    const cached = publishedFor(binding, group, resource, parts);
    const definitions = cached ? await own(cached.cluster) : [];
    return bound.flatMap((definition) => {
      if (!cached) return [unresolved(definition)];
      if (cached.version !== "" && cached.version !== definition.version) return [];
      const source = sourceDefinition(definitions, { group, version: definition.version, resource });
      if (!source || source.namespaced || source.computed) return [unresolved(definition)];
      return [shownDefinition(consumer, definition, source, cached)];
    });
  };

function publishedFor(
  binding: BindingEntry,
  group: string,
  resource: string,
  { exports, paths, published }: VirtualResourceParts,
): PublishedResource | undefined {
  const provider = binding.exportCluster!;
  const storage = exports.get(provider, binding.exportName)?.resources.find((one) => one.group === group && one.name === resource)
    ?.storage?.virtual;
  const slice = isSliceReference(storage?.reference) ? published.slice(provider, storage.reference.name) : undefined;
  if (!slice) return undefined;
  const exportCluster = slice.export.path ? paths.clusterOf(slice.export.path) : provider;
  const source = slice.source.path ? paths.clusterOf(slice.source.path) : provider;
  // The slice says to whom its objects are shown, the export under which identity: each side has agreed.
  if (source === undefined || exportCluster !== provider || slice.export.name !== binding.exportName) return undefined;
  const cached = published.get(source, slice.source.name);
  const fits = cached && !cached.deleting && cached.group === group && cached.resource === resource;
  return fits && cached.identityHash === storage!.identityHash ? cached : undefined;
}

/** It is there, but nobody says where its objects are. */
function unresolved(definition: ResourceDefinition): ResourceDefinition {
  const refuse = (): never => {
    throw internalError(`error resolving resource ${definition.resource}.${definition.group}; please contact APIExport owner to resolve`);
  };
  return deriveDefinition(definition, {
    verbs: ["get", "list", "watch"],
    subresources: {},
    computed: { get: refuse, list: refuse },
  });
}
