import { createHash } from "node:crypto";
import { failure, formatGroupVersion, type FieldError, type JsonSchema, type KubeObject } from "@meshplane/apimachinery";
import type {
  ComputedResource,
  PrinterColumn,
  RequestContext,
  ResourceDefinition,
  Strategy,
  Subresource,
  Verb,
} from "@meshplane/apiserver";
import { builtInSchema } from "../schemas/built-in-schema.ts";
import { goStructOf, type GoStruct } from "../schemas/go-types.ts";
import { ageSince } from "./age-since.ts";
import { forgetEmptyLists, toTypedJson } from "./typed-json.ts";
import { GoDecodeError } from "./values/go-decode-error.ts";

/** Order of discovery. */
export const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
export const createOnly: readonly Verb[] = ["create"];
export const statusVerbs: readonly Verb[] = ["get", "patch", "update"];

/** A built-in kind: what differs from the usual. `T` is its object. */
export interface Kind<T extends KubeObject> {
  /** "" for the core group */
  group: string;
  version?: string;
  resource: string;
  singular?: string;
  kind: string;
  shortNames?: string[];
  categories?: string[];
  namespaced: boolean;
  verbs?: readonly Verb[];
  /** null without one: reviews are not listed */
  listKind?: string;

  names?: Strategy["nameValidation"];
  createOnUpdate?: boolean;
  unconditionalUpdate?: boolean;
  generation?: boolean;
  returnsObjectOnDelete?: boolean;
  /** after the object has its typed form */
  defaults?(object: T): void;
  prepareForCreate?(object: T, context: RequestContext): void;
  prepareForUpdate?(next: T, current: T, context: RequestContext): void;
  validate?(object: T): FieldError[];
  /** on top of `validate`, before or after its errors as upstream has it */
  validateUpdate?(next: T, current: T): FieldError[];
  updateErrorsFirst?: boolean;
  warnings?(object: T, current: T | undefined): string[];
  specChanged?(next: T, current: T): boolean;
  status?: {
    prepareForUpdate?(next: T, current: T, context: RequestContext): void;
    validateUpdate?(next: T, current: T): FieldError[];
  };
  beginDelete?(object: T, context: RequestContext): "default" | "keep";
  mayVanish?(object: T): boolean;

  subresources?: Record<string, Subresource>;
  columns: readonly PrinterColumn[];
  cells(object: T, now: number): unknown[];
  /** beyond metadata.name and metadata.namespace */
  selectableFields?: readonly string[];
  fieldValues?(object: T): Record<string, string>;
  storage?: { group: string; resource: string };
  /** names the stored form, when it is another kind's */
  storedAs?: string;
  /** whose hash discovery shows, when upstream stores another version than we do */
  storageHashOf?: string;
  convert?: ResourceDefinition["convert"];
  computed?: ComputedResource;
}

export const column = (name: string, description: string, more: Partial<PrinterColumn> = {}): PrinterColumn => ({
  name,
  type: "string",
  format: "",
  description,
  priority: 0,
  ...more,
});
export const nameColumn = column("Name", "The object's name, unique among its kind in its namespace.", { format: "name" });
export const ageColumn = column("Age", "How long ago the object was created.");
export const createdColumn = column("Created At", "When the object was created.", { type: "date" });
export const age = (object: KubeObject, now: number): string => ageSince(object.metadata.creationTimestamp, now);

export function define<T extends KubeObject>(kind: Kind<T>): ResourceDefinition {
  const { group, version = "v1", resource } = kind;
  const groupVersion = formatGroupVersion({ group, version });
  const stored = kind.storedAs ?? `${groupVersion}, Kind=${kind.kind}`;
  const hashed = kind.computed ? undefined : (kind.storageHashOf ?? stored);
  let schema: JsonSchema | undefined;
  return {
    group,
    version,
    resource,
    singular: kind.singular ?? kind.kind.toLowerCase(),
    kind: kind.kind,
    listKind: kind.listKind ?? `${kind.kind}List`,
    shortNames: kind.shortNames ?? [],
    categories: kind.categories ?? [],
    namespaced: kind.namespaced,
    verbs: kind.verbs ?? allVerbs,
    builtIn: true,
    storage: { ...(kind.storage ?? { group, resource }), identity: "-" },
    hash: `built-in 1 ${stored}`,
    ...(kind.convert ? { convert: kind.convert } : {}),
    get schema() {
      return (schema ??= builtInSchema(groupVersion, kind.kind));
    },
    strategy: strategyOf(kind, groupVersion) as unknown as Strategy,
    subresources: kind.status ? { ...kind.subresources, status: { verbs: statusVerbs, kind: kind.kind } } : (kind.subresources ?? {}),
    columns: kind.columns,
    tableCells: (object, now) => kind.cells(object as T, now),
    selectableFields: kind.selectableFields ?? [],
    ...(kind.fieldValues ? { selectableFieldValues: (object: KubeObject) => kind.fieldValues!(object as T) } : {}),
    discoverable: true,
    ...(hashed ? { storageVersionHash: storageVersionHash(hashed) } : {}),
    ...(kind.computed ? { computed: kind.computed } : {}),
  };
}

/** Upstream's, so that discovery is the same to the letter: of `/<group>/<version>/<kind>` below an empty cluster name. */
function storageVersionHash(stored: string): string {
  const [groupVersion, kind] = stored.split(", Kind=") as [string, string];
  const path = groupVersion.includes("/") ? groupVersion : `/${groupVersion}`;
  return createHash("sha256").update(`/${path}/${kind}`).digest().subarray(0, 8).toString("base64");
}

function strategyOf<T extends KubeObject>(kind: Kind<T>, groupVersion: string): Record<string, unknown> {
  let struct: GoStruct | undefined;
  const strategy: Record<string, unknown> = {
    nameValidation: kind.names ?? "dns1123Subdomain",
    allowCreateOnUpdate: kind.createOnUpdate ?? false,
    allowUnconditionalUpdate: kind.unconditionalUpdate ?? true,
    hasGeneration: kind.generation ?? false,
    returnsObjectOnDelete: kind.returnsObjectOnDelete ?? false,
    applyDefaults(object: T): void {
      struct ??= goStructOf(groupVersion, kind.kind)!;
      makeTyped(object, struct, kind.kind, kind.version ?? "v1");
      kind.defaults?.(object);
    },
    canonicalize: (object: T) => forgetEmptyLists(object, (struct ??= goStructOf(groupVersion, kind.kind)!)),
  };
  const { validate, validateUpdate, updateErrorsFirst } = kind;
  if (validate) strategy.validateCreate = (object: T) => validate(object);
  if (validate || validateUpdate) {
    strategy.validateUpdate = (next: T, current: T) => {
      const errors = validate?.(next) ?? [];
      const changes = validateUpdate?.(next, current) ?? [];
      return updateErrorsFirst ? [...changes, ...errors] : [...errors, ...changes];
    };
  }
  for (const hook of ["prepareForCreate", "prepareForUpdate", "warnings", "specChanged", "status", "beginDelete", "mayVanish"] as const) {
    if (kind[hook]) strategy[hook] = kind[hook];
  }
  return strategy;
}

/**
 * Brings an object into the form that upstream's typed decoding gives it, in place.
 * @throws StatusError 400 whose cause is the GoDecodeError, for those who word it otherwise (patches)
 */
function makeTyped(object: KubeObject, struct: GoStruct, kind: string, version: string): void {
  let typed: Record<string, unknown>;
  try {
    typed = toTypedJson(object, struct);
  } catch (error) {
    if (!(error instanceof GoDecodeError)) throw error;
    const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`;
    throw failure(400, "BadRequest", undefined, message, { cause: error });
  }
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, typed);
}
