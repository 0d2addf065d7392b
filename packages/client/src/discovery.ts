import { parseGroupVersion, type GroupResource, type GroupVersionKind, type GroupVersionResource } from "@meshplane/apimachinery";
import type { HttpClusterClient } from "./create-client.ts";

/** One resource that a server serves. */
export interface ServedResource extends GroupVersionResource {
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  /** "" for the resource itself, else what follows its name */
  subresource: string;
}

interface GroupList {
  groups?: { name: string; versions: { version: string }[]; preferredVersion?: { version: string } }[];
}
interface ResourceList {
  groupVersion: string;
  resources?: {
    name: string;
    kind: string;
    namespaced: boolean;
    verbs?: string[];
    shortNames?: string[];
    group?: string;
    version?: string;
  }[];
}

/** What `cluster` serves, the preferred version of each group first. @throws StatusError, TransportError */
export async function servedResources(cluster: HttpClusterClient): Promise<ServedResource[]> {
  const [core, groups] = await Promise.all([
    cluster.request({ method: "GET", path: "/api" }) as Promise<{ versions?: string[] }>,
    cluster.request({ method: "GET", path: "/apis" }) as Promise<GroupList>,
  ]);
  const paths = (core.versions ?? []).map((version) => `/api/${version}`);
  for (const { name, versions, preferredVersion } of groups.groups ?? []) {
    const preferred = preferredVersion?.version;
    const ordered = [...versions].sort((a, b) => Number(b.version === preferred) - Number(a.version === preferred));
    for (const { version } of ordered) paths.push(`/apis/${name}/${version}`);
  }
  const lists = await Promise.all(paths.map((path) => cluster.request({ method: "GET", path })));
  return lists.flatMap((list) => resourcesOf(list as unknown as ResourceList));
}

/**
 * The version of a resource to use: the group's preferred one when it has the resource.
 * @returns undefined when the resource is not served (yet)
 */
export async function findResource(cluster: HttpClusterClient, wanted: GroupResource): Promise<ServedResource | undefined> {
  let paths: string[];
  if (wanted.group === "") paths = ["/api/v1"];
  else {
    const groups = (await cluster.request({ method: "GET", path: "/apis" })) as GroupList;
    const group = groups.groups?.find(({ name }) => name === wanted.group);
    const preferred = group?.preferredVersion?.version;
    paths = [...(group?.versions ?? [])]
      .sort((a, b) => Number(b.version === preferred) - Number(a.version === preferred))
      .map(({ version }) => `/apis/${wanted.group}/${version}`);
  }
  for (const path of paths) {
    const list = (await cluster.request({ method: "GET", path })) as unknown as ResourceList;
    const found = resourcesOf(list).find(({ resource, subresource }) => resource === wanted.resource && subresource === "");
    if (found) return found;
  }
  return undefined;
}

/** The resource of a kind, as objects name it. Undefined when it is not served. */
export async function resourceOfKind(
  cluster: HttpClusterClient,
  { group, version, kind }: GroupVersionKind,
): Promise<ServedResource | undefined> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const list = (await cluster.request({ method: "GET", path })) as unknown as ResourceList;
  return resourcesOf(list).find((served) => served.kind === kind && served.subresource === "");
}

function resourcesOf(list: ResourceList): ServedResource[] {
  const { group, version } = parseGroupVersion(list.groupVersion) ?? { group: "", version: "" };
  return (list.resources ?? []).map((entry) => {
    const slash = entry.name.indexOf("/");
    return {
      group,
      version,
      resource: slash < 0 ? entry.name : entry.name.slice(0, slash),
      subresource: slash < 0 ? "" : entry.name.slice(slash + 1),
      kind: entry.kind,
      namespaced: entry.namespaced,
      verbs: entry.verbs ?? [],
      shortNames: entry.shortNames ?? [],
    };
  });
}
