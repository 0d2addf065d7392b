import { formatGroupVersion } from "@meshplane/apimachinery";
import type { HttpRequest } from "../http/http-request.ts";
import type { ResourceDefinition, Subresource } from "../resource-definition.ts";
import type { Surface } from "../surface.ts";

const addresses = (http: HttpRequest): object[] => [
  { clientCIDR: "0.0.0.0/0", serverAddress: String(http.headers[":authority"] ?? http.headers.host ?? "") },
];

/** `/api` */
export const apiVersions = (http: HttpRequest): object => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: addresses(http),
});

interface Group {
  readonly name: string;
  /** the preferred one first */
  readonly versions: readonly string[];
  readonly builtIn: boolean;
}

/** By name; the core group aside. */
export function groupsOf(surface: Surface): Group[] {
  const groups = new Map<string, { name: string; versions: string[]; builtIn: boolean }>();
  for (const { group, version, builtIn, discoverable } of surface.definitions) {
    if (!discoverable || group === "") continue;
    let known = groups.get(group);
    if (!known) groups.set(group, (known = { name: group, versions: [], builtIn }));
    if (!known.versions.includes(version)) known.versions.push(version);
  }
  for (const { versions } of groups.values()) versions.sort(byPriority);
  return [...groups.values()].sort((a, b) => byText(a.name, b.name));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const kubeVersion = /^v([1-9][0-9]{0,8})(?:(alpha|beta)([1-9][0-9]{0,8}))?$/;

/** Stable before beta before alpha, newer before older, anything else last by name. @see k8s.io/apimachinery version.CompareKubeAwareVersionStrings */
export function byPriority(a: string, b: string): number {
  const left = kubeVersion.exec(a);
  const right = kubeVersion.exec(b);
  if (!left || !right) return left ? -1 : right ? 1 : byText(a, b);
  const stage = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0);
  return stage(right) - stage(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}

/** What kind of group it is, whichever versions it has; undefined for an unknown one. */
export function groupNature(surface: Surface, group: string): "builtIn" | "other" | undefined {
  const found = surface.definitions.find((it) => it.group === group);
  return found && (found.builtIn ? "builtIn" : "other");
}

const groupDocument = ({ name, versions }: Group): object => {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
};

/** `/apis` */
export const apiGroupList = (surface: Surface, http: HttpRequest): object => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupsOf(surface).map((group) =>
    group.builtIn ? { ...groupDocument(group), serverAddressByClientCIDRs: addresses(http) } : groupDocument(group),
  ),
});

/** `/apis/<group>` */
export function apiGroupOf(surface: Surface, name: string): object | undefined {
  const group = groupsOf(surface).find((it) => it.name === name);
  return group && { kind: "APIGroup", apiVersion: "v1", ...groupDocument(group) };
}

/** `/api/v1`, `/apis/<group>/<version>`: of built-in kinds subresources follow their resource, of custom ones all resources come first. */
export function apiResourceList(surface: Surface, group: string, version: string): object {
  const definitions = definitionsOf(surface, group, version);
  const resources = definitions.every(({ builtIn }) => builtIn)
    ? definitions.flatMap((it) => [mainEntry(it), ...subresourceNames(it).map((name) => subresourceEntry(it, name))])
    : [...definitions.map(mainEntry), ...definitions.flatMap((it) => subresourceNames(it).map((name) => subresourceEntry(it, name)))];
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: formatGroupVersion({ group, version }),
    resources,
  };
}

const definitionsOf = (surface: Surface, group: string, version: string): ResourceDefinition[] =>
  surface.definitions
    .filter((it) => it.discoverable && it.group === group && it.version === version)
    .sort((a, b) => byText(a.resource, b.resource));

const subresourceNames = (definition: ResourceDefinition): string[] => {
  const names = Object.keys(definition.subresources);
  return definition.builtIn ? names.sort() : names.sort((a, b) => byText(b, a)); // status before scale
};

function mainEntry({
  resource,
  singular,
  namespaced,
  kind,
  verbs,
  shortNames,
  categories,
  storageVersionHash,
}: ResourceDefinition): object {
  return {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(storageVersionHash ? { storageVersionHash } : {}),
  };
}

function subresourceEntry({ resource, namespaced, subresources }: ResourceDefinition, name: string): object {
  const { group, version, kind, verbs } = subresources[name]!;
  return {
    name: `${resource}/${name}`,
    singularName: "",
    namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind,
    verbs: verbs.length > 0 ? verbs : null, // as Go writes it
  };
}

/** `/api` for clients that ask for all of the core group at once. @see KEP-3352 */
export const aggregatedCore = (surface: Surface): object => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  metadata: {},
  items: [
    {
      metadata: {},
      versions: [{ version: "v1", resources: definitionsOf(surface, "", "v1").map(aggregatedResource), freshness: "Current" }],
    },
  ],
});

function aggregatedResource(definition: ResourceDefinition): object {
  const { resource, kind, namespaced, singular, verbs, shortNames, categories } = definition;
  const names = subresourceNames(definition);
  return {
    resource,
    responseKind: { group: "", version: "", kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(names.length > 0 ? { subresources: names.map((name) => aggregatedSubresource(definition.subresources[name]!, name)) } : {}),
  };
}

const aggregatedSubresource = ({ group = "", version = "", kind, verbs }: Subresource, name: string): object => ({
  subresource: name,
  responseKind: { group, version, kind },
  verbs,
});

/** `/`: what can be asked for. @see wire 10 */
export function rootPaths(surface: Surface): object {
  const groups = groupsOf(surface).flatMap(({ name, versions }) => [
    `/apis/${name}`,
    ...versions.map((version) => `/apis/${name}/${version}`),
  ]);
  const paths = [
    "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", ...groups, "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3",
    "/openapi/v3/", "/openid/v1/jwks", "/readyz", "/version",
  ]; // prettier-ignore
  return { paths: [...new Set(paths)].sort() };
}
