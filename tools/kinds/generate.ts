/**
 * Writes the tables of packages/controlplane/src/schemas from Kubernetes' published Go modules: names, types and numbers, never descriptions.
 *
 *   node tools/kinds/generate.ts        needs `go` (for `go mod download`); prints the module versions that NOTICE names
 *
 * - types.table.ts: the Go struct tags (JSON name, omitempty, protobuf number, type) of the served kinds
 * - client-types.table.ts: the same of every other kind that client-go knows, for protobuf bodies of custom resources with their names
 * - openapi.table.ts: the OpenAPI v3 components of the served kinds
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kubernetesVersion = "v1.36.0";
const librariesVersion = "v0.36.0";
const out = join(import.meta.dirname, "../../packages/controlplane/src/schemas");

const scratch = mkdtempSync(join(tmpdir(), "kinds-"));
const download = (module: string, version: string): string =>
  (
    JSON.parse(execFileSync("go", ["mod", "download", "-json", `${module}@${version}`], { cwd: scratch, encoding: "utf8" })) as {
      Dir: string;
    }
  ).Dir;
const api = download("k8s.io/api", librariesVersion);
const apimachinery = download("k8s.io/apimachinery", librariesVersion);
const apiextensions = download("k8s.io/apiextensions-apiserver", librariesVersion);
const kubernetes = download("k8s.io/kubernetes", kubernetesVersion);

/** our short name of a Go package → where it lies */
const packages: Record<string, string> = {
  core: join(api, "core/v1"),
  authn: join(api, "authentication/v1"),
  authz: join(api, "authorization/v1"),
  autoscaling: join(api, "autoscaling/v1"),
  admissionregistration: join(api, "admissionregistration/v1"),
  certificates: join(api, "certificates/v1"),
  coordination: join(api, "coordination/v1"),
  events: join(api, "events/v1"),
  rbac: join(api, "rbac/v1"),
  discovery: join(api, "apidiscovery/v2"),
  meta: join(apimachinery, "pkg/apis/meta/v1"),
  apiextensions: join(apiextensions, "pkg/apis/apiextensions/v1"),
  apps: join(api, "apps/v1"),
  autoscaling2: join(api, "autoscaling/v2"),
  batch: join(api, "batch/v1"),
  endpointslices: join(api, "discovery/v1"),
  networking: join(api, "networking/v1"),
  node: join(api, "node/v1"),
  policy: join(api, "policy/v1"),
  resource: join(api, "resource/v1"),
  scheduling: join(api, "scheduling/v1"),
  storage: join(api, "storage/v1"),
};
/** all their kinds are in the clients' table */
const clientPackages = [
  "core",
  "apps",
  "autoscaling",
  "autoscaling2",
  "batch",
  "endpointslices",
  "networking",
  "node",
  "policy",
  "resource",
  "scheduling",
  "storage",
];

const withList = (...kinds: string[]): string[] => kinds.flatMap((kind) => [kind, `${kind}List`]);
const roots: Record<string, string[]> = {
  core: withList("ConfigMap", "Event", "Namespace", "ResourceQuota", "Secret", "ServiceAccount"),
  authn: ["TokenReview", "TokenRequest", "SelfSubjectReview"],
  authz: ["SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"],
  autoscaling: ["Scale"],
  admissionregistration: withList(
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
  ),
  certificates: withList("CertificateSigningRequest"),
  coordination: withList("Lease"),
  events: withList("Event"),
  rbac: withList("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
  discovery: ["APIGroupDiscoveryList"],
  meta: [
    ...[
      "Status",
      "APIVersions",
      "APIGroup",
      "APIGroupList",
      "APIResourceList",
      "DeleteOptions",
      "CreateOptions",
      "UpdateOptions",
      "PatchOptions",
    ],
    ...["ListOptions", "GetOptions", "PartialObjectMetadata", "PartialObjectMetadataList", "WatchEvent"],
  ],
  apiextensions: withList("CustomResourceDefinition"),
};

/** written by hand in Go (own JSON forms): the codecs know them by name */
const special = new Set(["meta.Time", "meta.MicroTime", "meta.Duration", "meta.FieldsV1", "meta.TypeMeta", "apiextensions.JSON", "apiextensions.JSONSchemaPropsOrArray", "apiextensions.JSONSchemaPropsOrBool", "apiextensions.JSONSchemaPropsOrStringArray"]); // prettier-ignore
const builtIn: Record<string, string> = {
  string: "string",
  bool: "bool",
  int: "i64",
  int32: "i32",
  int64: "i64",
  uint32: "i64",
  float64: "f64",
  "[]byte": "bytes",
};
const imported: Record<string, string> = {
  "types.UID": "string",
  "resource.Quantity": "quantity",
  "intstr.IntOrString": "intOrString",
  "runtime.RawExtension": "raw",
};

interface Field {
  json: string;
  number: number;
  flags: string;
  type: string;
}
const structs = new Map<string, Field[]>();
const aliases = new Map<string, string>();
const needed: string[] = [];

function typeOf(go: string, pkg: string): string {
  if (builtIn[go]) return builtIn[go];
  if (go.startsWith("*")) return `*${typeOf(go.slice(1), pkg)}`;
  if (go.startsWith("[]")) return `[]${typeOf(go.slice(2), pkg)}`;
  const map = /^map\[([\w.]+)\](.+)$/.exec(go);
  if (map) return `{}${typeOf(map[2]!, pkg)}`;
  if (imported[go]) return imported[go];
  const dot = go.indexOf(".");
  let name = `${pkg}.${go}`;
  if (dot >= 0) {
    const target = importsOf(pkg).get(go.slice(0, dot));
    if (!target) throw new Error(`what is ${go} in ${pkg}?`);
    name = `${target}.${go.slice(dot + 1)}`;
  }
  if (!special.has(name)) needed.push(name);
  return name;
}

/** Go's name of an imported package → ours */
function importsOf(pkg: string): Map<string, string> {
  let known = imports.get(pkg);
  if (known) return known;
  imports.set(pkg, (known = new Map()));
  for (const [, alias, path] of sourceOf(pkg).matchAll(/^\s+(\w+)? ?"k8s\.io\/(?:api|apimachinery)\/([\w/]+)"$/gm)) {
    const target = Object.entries(packages).find(([, directory]) => directory.endsWith(path!))?.[0];
    if (target) known.set(alias ?? path!.slice(path!.lastIndexOf("/") + 1), target);
  }
  return known;
}
const imports = new Map<string, Map<string, string>>();

const sources = new Map<string, string>();
function sourceOf(pkg: string): string {
  let text = sources.get(pkg);
  if (text === undefined) {
    const files = readdirSync(packages[pkg]!).filter(
      (file) => /^(types\w*|watch|group_version)\.go$/.test(file) && !file.includes("swagger"),
    );
    text = files.map((file) => readFileSync(join(packages[pkg]!, file), "utf8")).join("\n");
    text = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    sources.set(pkg, text);
  }
  return text;
}
const protoOf = (pkg: string): string => readFileSync(join(packages[pkg]!, "generated.proto"), "utf8");

function read(qualified: string): void {
  if (structs.has(qualified) || aliases.has(qualified)) return;
  const [pkg, name] = qualified.split(".") as [string, string];
  const source = sourceOf(pkg);
  const struct = new RegExp(`^type ${name} struct ?\\{(?:\\n([\\s\\S]*?)^)?\\}`, "m").exec(source);
  if (!struct) {
    const alias = new RegExp(`^type ${name} =? ?(.+)$`, "m").exec(source);
    if (!alias) throw new Error(`no type ${qualified}`);
    const go = alias[1]!.replace(/\/\/.*$/, "").trim();
    const type = typeOf(go, pkg);
    // a named list is a message of its own in protobuf
    aliases.set(qualified, type.startsWith("[]") && protoOf(pkg).includes(`\nmessage ${name} {`) ? `message ${type}` : type);
    return;
  }
  const fields: Field[] = [];
  structs.set(qualified, fields);
  for (const line of (struct[1] ?? "").split("\n")) {
    if (line.trim() === "") continue;
    const match = /^\s+(?:(\w+)\s+)?([\w.*[\]]+)\s+`(.+)`\s*(?:\/\/.*)?$/.exec(line);
    if (!match) throw new Error(`${qualified}: ${line}`);
    const [, , go, tags] = match as unknown as [string, string | undefined, string, string];
    const json = /json:"([^"]*)"/.exec(tags)?.[1]?.split(",") ?? [];
    if (json[0] === "-" || go === "metav1.TypeMeta" || go === "v1.TypeMeta" || go === "TypeMeta") continue;
    const number = Number(/protobuf:"\w+,(\d+),/.exec(tags)?.[1] ?? 0);
    const flags = (json.includes("omitempty") ? "?" : "") + (json.includes("omitzero") ? "z" : "");
    fields.push({ json: json[0] || ".", number, flags, type: typeOf(go, pkg) });
  }
}

for (const [pkg, kinds] of Object.entries(roots)) for (const kind of kinds) needed.push(`${pkg}.${kind}`);
while (needed.length > 0) read(needed.pop()!);
// the OpenAPI of FieldsV1 and friends needs no struct; embedded OrArray forms hold schemas
read("apiextensions.JSONSchemaProps");
while (needed.length > 0) read(needed.pop()!);

/** The lines of all types read so far but those of `before`. */
function linesWithout(before: ReadonlySet<string>): string {
  const lines: string[] = [];
  for (const name of [...structs.keys()].filter((name) => !before.has(name)).sort()) {
    lines.push(`= ${name}`);
    for (const { json, number, flags, type } of structs.get(name)!) lines.push(`${json} ${number}${flags} ${type}`);
  }
  for (const name of [...aliases.keys()].filter((name) => !before.has(name)).sort()) lines.push(`: ${name} ${aliases.get(name)}`);
  return `${lines.join("\n")}\n`;
}
const served = linesWithout(new Set());
const servedNames = new Set([...structs.keys(), ...aliases.keys()]);

for (const pkg of clientPackages) {
  for (const [, kind, body] of sourceOf(pkg).matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    if (/^\s+(?:metav1|v1)\.TypeMeta `/m.test(body!) && /(?:ObjectMeta|ListMeta) `/.test(body!)) needed.push(`${pkg}.${kind}`);
  }
}
while (needed.length > 0) read(needed.pop()!);
const others = linesWithout(servedNames);

const header = `// Made by tools/kinds/generate.ts from k8s.io/{api,apimachinery,apiextensions-apiserver}@${librariesVersion} and k8s.io/kubernetes@${kubernetesVersion}
// (Apache-2.0, see NOTICE): names, types and numbers. Do not edit.
`;
const asModule = (comment: string, name: string, text: string): string =>
  `${header}\n/** ${comment} */\nexport const ${name} = String.raw\`${text}\`;\n`;
writeFileSync(
  join(out, "types.table.ts"),
  asModule("`= struct`, then its fields `json-name protobuf-number[?=omitempty][z=omitzero] type`; `: alias type`.", "typesTable", served),
);
writeFileSync(
  join(out, "client-types.table.ts"),
  asModule("As types.table.ts, of the kinds that no cluster serves by itself.", "clientTypesTable", others),
);

// ---- OpenAPI components ----
const documents = ["api__v1", ...["authentication.k8s.io", "authorization.k8s.io", "admissionregistration.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "events.k8s.io", "rbac.authorization.k8s.io", "apiextensions.k8s.io"].map((group) => `apis__${group}__v1`)]; // prettier-ignore
const openApiPackages: Record<string, string> = {
  core: "io.k8s.api.core.v1",
  authn: "io.k8s.api.authentication.v1",
  authz: "io.k8s.api.authorization.v1",
  autoscaling: "io.k8s.api.autoscaling.v1",
  admissionregistration: "io.k8s.api.admissionregistration.v1",
  certificates: "io.k8s.api.certificates.v1",
  coordination: "io.k8s.api.coordination.v1",
  events: "io.k8s.api.events.v1",
  rbac: "io.k8s.api.rbac.v1",
  meta: "io.k8s.apimachinery.pkg.apis.meta.v1",
  apiextensions: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
};
type Json = { [key: string]: unknown };
const components: Record<string, Json> = {};
for (const name of documents) {
  const document = JSON.parse(readFileSync(join(kubernetes, `api/openapi-spec/v3/${name}_openapi.json`), "utf8")) as {
    components: { schemas: Record<string, Json> };
  };
  Object.assign(components, document.components.schemas);
}

/** Without descriptions; `{allOf: [{$ref}]}` becomes `{$ref}`; references by component name alone. */
function compact(value: unknown, isProperties = false): unknown {
  if (Array.isArray(value)) return value.map((item) => compact(item));
  if (typeof value !== "object" || value === null) return value;
  const result: Json = {};
  for (const [key, item] of Object.entries(value)) {
    if (!isProperties && (key === "description" || key === "externalDocs" || key === "x-kubernetes-group-version-kind")) continue;
    if (!isProperties && key === "allOf" && Array.isArray(item) && item.length === 1) Object.assign(result, compact(item[0]));
    else if (!isProperties && key === "$ref") result.$ref = (item as string).replace("#/components/schemas/", "");
    else result[key] = compact(item, key === "properties" && !isProperties);
  }
  return result;
}

const kept: Record<string, unknown> = {};
const queue = Object.entries(roots).flatMap(([pkg, kinds]) => kinds.map((kind) => `${openApiPackages[pkg]}.${kind}`));
while (queue.length > 0) {
  const name = queue.pop()!;
  const component = components[name];
  if (!component || Object.hasOwn(kept, name)) continue;
  kept[name] = compact(component);
  for (const [, reference] of JSON.stringify(kept[name]).matchAll(/"\$ref":"([^"]+)"/g)) queue.push(reference!);
}
const sorted = Object.keys(kept)
  .sort()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(kept[name])}`);
writeFileSync(
  join(out, "openapi.table.ts"),
  asModule("OpenAPI v3 components by name, as JSON; `$ref` holds a name of this table.", "openApiTable", `{\n${sorted.join(",\n")}\n}`),
);

process.stdout.write(`${servedNames.size} served types; ${structs.size} structs, ${aliases.size} aliases, ${sorted.length} components\n`);
process.stdout.write(
  `k8s.io/kubernetes ${kubernetesVersion}; k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver ${librariesVersion}\n`,
);
