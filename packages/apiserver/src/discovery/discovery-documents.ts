import { formatGroupVersion } from "@meshplane/apimachinery";
import type { HttpRequest } from "../http/http-request.ts";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { Surface } from "../surface.ts";

/** `/api` */
export const apiVersions = (http: HttpRequest): object => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: String(http.headers[":authority"] ?? http.headers.host ?? "") }],
});

interface Group {
  readonly name: string;
  readonly versions: string[];
  readonly builtIn: boolean;
}

/** Groups in the order in which definitions come; versions likewise: the surface knows which is preferred. */
export function groupsOf(surface: Surface): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { group, version, builtIn, discoverable } of surface.definitions) {
    if (!discoverable || group === "") continue;
    let known = groups.get(group);
    if (!known) groups.set(group, (known = { name: group, versions: [], builtIn }));
    if (!known.versions.includes(version)) known.versions.push(version);
  }
  for (const { versions } of groups.values()) versions.sort(byPriority);
  return groups;
}

const kubeVersion = /^v([1-9][0-9]{0,8})(?:(alpha|beta)([1-9][0-9]{0,8}))?$/;

/** Stable before beta before alpha, newer before older, anything else last by name. @see k8s.io/apimachinery version.CompareKubeAwareVersionStrings */
export function byPriority(a: string, b: string): number {
  const left = kubeVersion.exec(a);
  const right = kubeVersion.exec(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const stage = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0);
  return stage(right) - stage(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}

export function isKnownGroup(surface: Surface, group: string): "builtIn" | "other" | undefined {
  const found = surface.definitions.find((it) => it.group === group);
  return found ? (found.builtIn ? "builtIn" : "other") : undefined;
}

const groupDocument = ({ name, versions }: Group): object => {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
};

/** `/apis` */
export const apiGroupList = (surface: Surface): object => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: [...groupsOf(surface).values()].map(groupDocument),
});

/** `/apis/<group>` */
export function apiGroupOf(surface: Surface, name: string): object | undefined {
  const group = groupsOf(surface).get(name);
  return group && { kind: "APIGroup", apiVersion: "v1", ...groupDocument(group) };
}

/** `/api/v1`, `/apis/<group>/<version>` */
export function apiResourceList(surface: Surface, group: string, version: string): object {
  const definitions = surface.definitions.filter((it) => it.discoverable && it.group === group && it.version === version);
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: formatGroupVersion({ group, version }),
    resources: definitions.flatMap(resourceEntries),
  };
}

function resourceEntries(definition: ResourceDefinition): object[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories, storageVersionHash } = definition;
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(storageVersionHash ? { storageVersionHash } : {}),
  };
  const subresources = Object.keys(definition.subresources).map((name) => {
    const subresource = definition.subresources[name]!;
    return {
      name: `${resource}/${name}`,
      singularName: "",
      namespaced,
      ...(subresource.group === undefined ? {} : { group: subresource.group }),
      ...(subresource.version === undefined ? {} : { version: subresource.version }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    };
  });
  return [main, ...subresources];
}
