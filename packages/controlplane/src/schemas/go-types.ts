import { clientTypesTable } from "./client-types.table.ts";
import { typesTable } from "./types.table.ts";

/** A type of upstream's Go API, as far as its JSON and protobuf forms depend on it. */
export type GoType =
  | { readonly kind: Scalar; readonly goName: string }
  | { readonly kind: Special; readonly goName: string }
  | { readonly kind: "pointer"; readonly of: GoType; readonly goName: string }
  /** `message`: in protobuf the list is a message of its own, with the elements under number 1 */
  | { readonly kind: "list"; readonly of: GoType; readonly message: boolean; readonly goName: string }
  | { readonly kind: "map"; readonly of: GoType; readonly goName: string }
  | GoStruct;

export type Scalar = "string" | "bool" | "i32" | "i64" | "f64" | "bytes";
export type Special = (typeof specials)[number];
const specials = [
  "time",
  "microTime",
  "duration",
  "quantity",
  "intOrString",
  "raw",
  "fieldsV1",
  "json",
  "schemaOrArray",
  "schemaOrBool",
  "schemaOrStrings",
] as const;

export interface GoField {
  /** "" for an embedded struct, whose JSON fields are the outer one's */
  readonly json: string;
  /** protobuf field number; 0 for none */
  readonly number: number;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  readonly type: GoType;
}

export interface GoStruct {
  readonly kind: "struct";
  /** `core.ConfigMap` */
  readonly name: string;
  /** `v1.ConfigMap`, as Go prints it */
  readonly goName: string;
  readonly fields: readonly GoField[];
}

/** our package names → group and version of the kinds in them */
const groups: Readonly<Record<string, string>> = {
  core: "v1",
  authn: "authentication.k8s.io/v1",
  authz: "authorization.k8s.io/v1",
  autoscaling: "autoscaling/v1",
  admissionregistration: "admissionregistration.k8s.io/v1",
  certificates: "certificates.k8s.io/v1",
  coordination: "coordination.k8s.io/v1",
  events: "events.k8s.io/v1",
  rbac: "rbac.authorization.k8s.io/v1",
  discovery: "apidiscovery.k8s.io/v2",
  apiextensions: "apiextensions.k8s.io/v1",
  apps: "apps/v1",
  autoscaling2: "autoscaling/v2",
  batch: "batch/v1",
  endpointslices: "discovery.k8s.io/v1",
  networking: "networking.k8s.io/v1",
  node: "node.k8s.io/v1",
  policy: "policy/v1",
  resource: "resource.k8s.io/v1",
  scheduling: "scheduling.k8s.io/v1",
  storage: "storage.k8s.io/v1",
};
const packageOf = new Map(Object.entries(groups).map(([name, groupVersion]) => [groupVersion, name]));
packageOf.set("meta.k8s.io/v1", "meta");

const scalarNames: Readonly<Record<Scalar, string>> = {
  string: "string",
  bool: "bool",
  i32: "int32",
  i64: "int64",
  f64: "float64",
  bytes: "[]uint8",
};
const specialTypes: Readonly<Record<string, Special>> = {
  "meta.Time": "time",
  "meta.MicroTime": "microTime",
  "meta.Duration": "duration",
  "meta.FieldsV1": "fieldsV1",
  quantity: "quantity",
  intOrString: "intOrString",
  raw: "raw",
  "apiextensions.JSON": "json",
  "apiextensions.JSONSchemaPropsOrArray": "schemaOrArray",
  "apiextensions.JSONSchemaPropsOrBool": "schemaOrBool",
  "apiextensions.JSONSchemaPropsOrStringArray": "schemaOrStrings",
};

let served: Map<string, string[]> | undefined;
let others: Map<string, string[]> | undefined;
const structs = new Map<string, GoStruct>();

/** The lines of a type. The tables are split on first use; the one of the clients' other kinds hardly ever. */
function textOf(name: string): string[] | undefined {
  served ??= split(typesTable);
  return served.get(name) ?? (others ??= split(clientTypesTable)).get(name);
}

function split(table: string): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of table.split("\n")) {
    if (line.startsWith("= ")) texts.set(line.slice(2), (lines = []));
    else if (line.startsWith(": ")) {
      const space = line.indexOf(" ", 2);
      texts.set(line.slice(2, space), [line.slice(space + 1)]);
    } else if (line !== "") lines.push(line);
  }
  return texts;
}

/** The struct of a kind that Kubernetes knows, or of a meta/v1 kind under any group version; undefined for strangers. */
export function goStructOf(apiVersion: string, kind: string): GoStruct | undefined {
  const own = packageOf.get(apiVersion);
  if (own !== undefined && isStruct(`${own}.${kind}`)) return structNamed(`${own}.${kind}`);
  return apiVersion !== "" && isStruct(`meta.${kind}`) && anywhereKinds.has(kind) ? structNamed(`meta.${kind}`) : undefined;
}
/** meta/v1 kinds that clients send and receive under "v1", "meta.k8s.io/v1", or the group at hand */
const anywhereKinds = new Set(["Status", "APIVersions", "APIGroup", "APIGroupList", "APIResourceList", "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions", "ListOptions", "GetOptions", "WatchEvent", "PartialObjectMetadata", "PartialObjectMetadataList"]); // prettier-ignore

const isStruct = (name: string): boolean => {
  const lines = textOf(name);
  return lines !== undefined && !(lines.length === 1 && !/^\S+ \d/.test(lines[0]!));
};

/** @throws Error for a name that the table does not have */
export function structNamed(name: string): GoStruct {
  let struct = structs.get(name);
  if (struct) return struct;
  const lines = textOf(name);
  if (!lines) throw new Error(`no Go type ${name}`);
  let fields: GoField[] | undefined;
  struct = {
    kind: "struct",
    name,
    goName: goNameOf(name),
    // resolved on first use: structs may contain themselves
    get fields() {
      return (fields ??= lines.map(parseField));
    },
  };
  structs.set(name, struct);
  return struct;
}

function parseField(line: string): GoField {
  const [json, flagged, type] = splitOnce(line);
  return {
    json: json === "." ? "" : json,
    number: parseInt(flagged, 10),
    omitEmpty: flagged.includes("?"),
    omitZero: flagged.includes("z"),
    type: parseType(type),
  };
}

function splitOnce(line: string): [string, string, string] {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  return [line.slice(0, first), line.slice(first + 1, second), line.slice(second + 1)];
}

function parseType(text: string, named?: string): GoType {
  const goName = (fallback: string): string => (named ? goNameOf(named) : fallback);
  if (text.startsWith("message ")) return { ...parseType(text.slice(8), named), message: true } as GoType;
  if (text.startsWith("*")) {
    const of = parseType(text.slice(1));
    return { kind: "pointer", of, goName: `*${of.goName}` };
  }
  if (text.startsWith("[]")) {
    const of = parseType(text.slice(2));
    return { kind: "list", of, message: false, goName: goName(`[]${of.goName}`) };
  }
  if (text.startsWith("{}")) {
    const of = parseType(text.slice(2));
    return { kind: "map", of, goName: goName(`map[string]${of.goName}`) };
  }
  if (Object.hasOwn(scalarNames, text)) return { kind: text as Scalar, goName: goName(scalarNames[text as Scalar]) };
  if (Object.hasOwn(specialTypes, text)) return { kind: specialTypes[text]!, goName: goName(goNameOf(text)) };
  if (isStruct(text) || textOf(text)?.length === 0) return structNamed(text);
  return parseType(textOf(text)![0]!, text);
}

/** Go prints the last part of the package's path: v1 for all of them. */
const goNameOf = (name: string): string => `v1.${name.slice(name.indexOf(".") + 1)}`;
