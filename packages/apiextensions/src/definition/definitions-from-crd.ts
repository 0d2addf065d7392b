import { createHash } from "node:crypto";
import {
  applyDefaults,
  formatGroupVersion,
  pruneUnknown,
  type JsonObject,
  type JsonSchema,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { InProcessApi, ResourceDefinition, Subresource, Verb } from "@meshplane/apiserver";
import type { CrdConversion, CrdNames, CrdVersion } from "../crd/crd.ts";
import { compileSchema, hashOf, type CompiledSchema } from "../structural/compile-schema.ts";
import { tableOf } from "./columns.ts";
import { customResourceStrategy } from "./custom-resource-strategy.ts";
import { dottedPath, readPath } from "./dotted-path.ts";
import { scaleSubresource } from "./scale.ts";
import { compareVersions } from "./versions.ts";
import { webhookConverter, type PostJson } from "./webhook-conversion.ts";

/** What CRDs, APIResourceSchemas and our own kinds have in common. A version's schema stands by itself or below `openAPIV3Schema`. */
export interface CrdLikeSpec {
  group: string;
  names: CrdNames;
  scope: string;
  versions: readonly (Omit<CrdVersion, "schema"> & { schema?: JsonSchema | { openAPIV3Schema?: JsonSchema } })[];
  conversion?: CrdConversion | undefined;
  /** `PathSegmentName` lets objects have any name that fits into a URL */
  nameValidation?: string | undefined;
}

export interface DefinitionOptions {
  /** which objects these are: `customresources` for local CRDs, the export's hash for bound APIs, `-` for our own kinds */
  identity: string;
  /** the logical cluster that the definition lies in; part of the hash of its storage version, as upstream makes it */
  definedIn?: string;
  /** used by /scale to read and write the object behind it */
  api: () => InProcessApi;
  /** which versions: served ones unless told */
  include?: "served" | "all";
  /** shown in discovery; default true */
  discoverable?: boolean;
  /** why nothing may be created any more (a CRD being deleted); 403 */
  refuseCreate?: string;
  /** an APIBinding being deleted: what is there can be read and deleted only */
  deleteOnly?: boolean;
  indexEntries?: ResourceDefinition["indexEntries"];
  extras?: ResourceDefinition["extras"];
  /** instead of HTTPS, in tests */
  post?: PostJson;
}

export const verbsOfCustomResources: readonly Verb[] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const verbsOfDeleting: readonly Verb[] = ["delete", "deletecollection", "get", "list", "watch"];

type Version = CrdLikeSpec["versions"][number];

/**
 * One definition per served version, best version first. Schemas are compiled when the first object needs it and shared by content.
 * @throws TypeError without a storage version
 */
export function definitionsFromCrd(spec: CrdLikeSpec, options: DefinitionOptions): ResourceDefinition[] {
  const storage = spec.versions.find((version) => version.storage);
  if (!storage) throw new TypeError(`${spec.names.plural}.${spec.group} has no storage version`);
  // What is stored looks the same as long as these are the same: the schema may have got new defaults, the version another shape.
  const hash = hashOf([storage.name, schemaOf(storage)]);
  const convert = spec.conversion?.strategy === "Webhook" ? webhookConverter(spec.conversion, spec.names.kind, options.post) : undefined;
  return spec.versions
    .filter((version) => version.served || options.include === "all")
    .toSorted((a, b) => compareVersions(a.name, b.name))
    .map((version) => definitionOf(spec, version, storage, hash, convert, options));
}

const schemaOf = ({ schema }: Version): JsonSchema => {
  const wrapped = (schema as { openAPIV3Schema?: JsonSchema } | undefined)?.openAPIV3Schema;
  return wrapped ?? (schema as JsonSchema | undefined) ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true };
};

type Convert = ReturnType<typeof webhookConverter>;

function definitionOf(
  spec: CrdLikeSpec,
  version: Version,
  storage: Version,
  hash: string,
  convert: Convert | undefined,
  options: DefinitionOptions,
): ResourceDefinition {
  const { group, names } = spec;
  const schema = schemaOf(version);
  let compiledOnce: CompiledSchema | undefined;
  const compiled = (): CompiledSchema => (compiledOnce ??= compileSchema(schema));
  const { columns, cells } = tableOf(version.additionalPrinterColumns);
  const status = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => ({
    name: jsonPath.replace(/^\./, ""),
    path: dottedPath(jsonPath),
  }));
  const subresources: Record<string, Subresource> = {};
  const readOnly = options.deleteOnly === true;
  if (status) subresources["status"] = { verbs: readOnly ? ["get"] : ["get", "patch", "update"], kind: names.kind };
  if (scale) subresources["scale"] = scaleSubresource(scale, () => definition, options.api);
  const warning = deprecationWarning(spec, version);

  const definition: ResourceDefinition = {
    group,
    version: version.name,
    resource: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind || `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    verbs: readOnly ? verbsOfDeleting : verbsOfCustomResources,
    builtIn: false,
    storage: { group, resource: names.plural, identity: options.identity },
    hash,
    ...(version === storage ? {} : { convert: conversionBetween(group, version.name, storage, convert) }),
    schema,
    strategy: customResourceStrategy({
      group,
      resource: names.plural,
      compiled,
      status,
      scale,
      pathSegmentNames: spec.nameValidation === "PathSegmentName",
      refuseCreate: options.refuseCreate,
    }),
    subresources,
    columns,
    tableCells: cells,
    selectableFields: selectable.map(({ name }) => name),
    ...(selectable.length > 0
      ? {
          selectableFieldValues: (object: KubeObject) =>
            Object.fromEntries(selectable.map(({ name, path }) => [name, fieldText(readPath(object, path))])),
        }
      : {}),
    ...(options.indexEntries ? { indexEntries: options.indexEntries } : {}),
    discoverable: options.discoverable ?? true,
    storageVersionHash: storageVersionHash(options.definedIn ?? "", group, storage.name, names.kind),
    ...(warning ? { deprecationWarning: warning } : {}),
    ...(options.extras ? { extras: options.extras } : {}),
  };
  return definition;
}

/** upstream takes the version twice, and so do we: clients compare these hashes between servers */
const storageVersionHash = (cluster: string, group: string, version: string, kind: string): string =>
  createHash("sha256").update(`${cluster}/${group}/${version}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");

const fieldText = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

/**
 * What lies in the store is read as upstream reads it: defaults of the stored version, then the other version's name (or the webhook's
 * work), then pruning by the other version in the generic path. On the way in, what the stored version does not know is dropped.
 */
function conversionBetween(
  group: string,
  served: string,
  stored: Version,
  webhook: Convert | undefined,
): NonNullable<ResourceDefinition["convert"]> {
  const [servedVersion, storedVersion] = [
    formatGroupVersion({ group, version: served }),
    formatGroupVersion({ group, version: stored.name }),
  ];
  const schema = schemaOf(stored);
  const rename = (object: KubeObject, apiVersion: string): KubeObject => {
    object.apiVersion = apiVersion;
    return object;
  };
  const prune = (object: KubeObject): KubeObject => {
    pruneUnknown(object as unknown as JsonObject, schema);
    return object;
  };
  return {
    fromStorage(object) {
      // records carry no version: what lies there is of the storage version
      const read = rename(object, storedVersion);
      applyDefaults(read as unknown as JsonObject, schema);
      return webhook ? webhook(read, servedVersion) : rename(read, servedVersion);
    },
    toStorage(object) {
      return webhook ? webhook(rename(object, servedVersion), storedVersion).then(prune) : prune(rename(object, storedVersion));
    },
  };
}

function deprecationWarning({ group, names, versions }: CrdLikeSpec, version: Version): string | undefined {
  if (!version.deprecated) return undefined;
  if (version.deprecationWarning) return version.deprecationWarning;
  const own = `${formatGroupVersion({ group, version: version.name })} ${names.kind} is deprecated`;
  const better = versions
    .filter((other) => other.served && !other.deprecated && compareVersions(other.name, version.name) < 0)
    .toSorted((a, b) => compareVersions(a.name, b.name))[0];
  return better ? `${own}; use ${formatGroupVersion({ group, version: better.name })} ${names.kind}` : own;
}
