import { everyIdentity, type ResourceDefinition } from "@meshplane/apiserver";

/**
 * A resource across all logical clusters, whoever provides it and in whichever version: served as metadata only, since its objects have nothing
 * else in common. For garbage collectors, quotas and the like. @see spec wire 17
 */
export function metadataDefinition(group: string, version: string, resource: string): ResourceDefinition {
  return {
    group,
    version,
    resource,
    singular: "",
    kind: "PartialObjectMetadata",
    listKind: "PartialObjectMetadataList",
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ["list", "watch"],
    builtIn: false,
    storage: { group, resource, identity: everyIdentity },
    hash: `metadata/${resource}.${group}`,
    schema: { type: "object" },
    preserveUnknownFields: true,
    strategy: { nameValidation: "pathSegment", allowCreateOnUpdate: false, allowUnconditionalUpdate: false, hasGeneration: false },
    subresources: {},
    columns: [],
    tableCells: () => [],
    selectableFields: [],
    discoverable: false,
  };
}
