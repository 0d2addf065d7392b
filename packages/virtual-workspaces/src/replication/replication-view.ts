/**
 * `/services/replication/<slice cluster>/<slice>/clusters/<name>/…`: the objects that a ClusterCachedResource publishes, to read, for consumers of the export that its endpoint
 * slice names. With one shard there is nothing to copy: the objects are read where they lie. @see spec virtual-workspaces §6
 */
import { allClusters, badRequest, clusterAnnotation, labelSelectorFrom, type KubeList, type KubeObject } from "@meshplane/apimachinery";
import type { ClusterCachedResource, ClusterCachedResourceEndpointSlice } from "@meshplane/apis";
import {
  allow,
  decodeRecord,
  deny,
  mastersGroup,
  surfaceOf,
  TextAnswer,
  type Authorizer,
  type ComputedResource,
  type Endpoint,
  type Surface,
} from "@meshplane/apiserver";
import type { VirtualWorkspace } from "@meshplane/kcp";
import { keyPrefix } from "@meshplane/storage";
import { bindingOf } from "../apiexport/binding-authorizer.ts";
import { contentAuthorizer } from "../apiexport/content-authorizer.ts";
import { deriveDefinition } from "../derive-definition.ts";
import { parseViewPath, type ViewPath } from "../parse-view-path.ts";
import { readStored } from "../read-stored.ts";
import type { ExportName, ViewDependencies } from "../view-dependencies.ts";

const group = "cache.kcp.io";
const version = "v1alpha1";
const slices = "clustercachedresourceendpointslices";

export function replicationView(deps: ViewDependencies): VirtualWorkspace {
  return {
    name: "replication",
    async resolve(http, rest): Promise<Endpoint | undefined> {
      const parsed = parseViewPath(rest, 2);
      if (!parsed) return undefined;
      const [sliceCluster, sliceName] = parsed.segments as [string, string];
      const slice = await readOne<ClusterCachedResourceEndpointSlice>(deps, sliceCluster, slices, sliceName);
      if (!slice) return missingSlice(http.path, parsed, deps);
      const exported: ExportName = { cluster: clusterOf(slice.spec.export.path, sliceCluster, deps), name: slice.spec.export.name };
      return {
        cluster: parsed.cluster,
        path: parsed.path,
        surfaces: () => replicatedSurface(slice, sliceCluster, parsed.cluster, deps),
        authorize: consumersOf(exported, deps),
        virtual: true,
      };
    },
  };
}

/** Only who may read slices there learns that there is none (upstream's 500); everybody else is refused. */
function missingSlice(path: string, { segments, cluster, path: below }: ViewPath, deps: ViewDependencies): Endpoint {
  const [sliceCluster, name] = segments as [string, string];
  const refuse = (): never => {
    const what = `${slices.slice(0, -1)}.${group} ${JSON.stringify(name)} not found`;
    throw new TextAnswer(500, `Internal Server Error: ${JSON.stringify(path)}: ${what}\n`);
  };
  return {
    cluster,
    path: below,
    surfaces: () => ({
      key: "replication/missing",
      lookup: refuse,
      get definitions() {
        return refuse();
      },
    }),
    async authorize({ user }) {
      const { decision, reason } = await deps.authorize({
        user,
        target: {
          kind: "resource",
          verb: "get",
          cluster: sliceCluster,
          group,
          version,
          resource: slices,
          identity: undefined,
          namespace: "",
          name,
          subresource: "",
          path,
        },
      });
      return decision === "allow" ? allow(reason) : deny(reason);
    },
    virtual: true,
  };
}

/** The reference's path may be a cluster's name already, or absent: the slice's own cluster. */
const clusterOf = (path: string | undefined, own: string, deps: ViewDependencies): string =>
  path ? (deps.clusterOfPath(path) ?? path) : own;

function consumersOf(name: ExportName, deps: ViewDependencies): Authorizer {
  const mayReadContent = contentAuthorizer(deps.authorize, name);
  return async (attributes) => {
    const { target, user } = attributes;
    if (target.cluster === allClusters) {
      const { decision, reason } = user.groups.includes(mastersGroup) ? allow("") : await mayReadContent(attributes);
      if (decision !== "allow") return deny(reason);
      throw badRequest("Wildcard request not supported");
    }
    if (user.groups.includes(mastersGroup)) return allow("system:masters");
    if (target.kind === "resource" && !["get", "list", "watch"].includes(target.verb)) return deny("this view is read-only");
    if (!(await bindingOf(deps, target.cluster, name))) return deny("could not find suitable APIBinding in target logical cluster");
    return mayReadContent(attributes);
  };
}

async function replicatedSurface(
  slice: ClusterCachedResourceEndpointSlice,
  sliceCluster: string,
  consumer: string,
  deps: ViewDependencies,
): Promise<Surface> {
  const reference = slice.spec.clusterCachedResource;
  const source = clusterOf(reference.path, sliceCluster, deps);
  const cached = await readOne<ClusterCachedResource>(deps, source, "clustercachedresources", reference.name);
  const key = `replication/${sliceCluster}/${slice.metadata.name}/${consumer}`;
  if (!cached) return surfaceOf(`${key}/none`, []);
  const own = await deps.surfaces(source);
  const definition = own.definitions.find(
    (d) =>
      d.group === (cached.spec.group ?? "") &&
      d.resource === cached.spec.resource &&
      (!cached.spec.version || d.version === cached.spec.version),
  );
  if (!definition || definition.namespaced) return surfaceOf(`${key}/none`, []);

  const published = labelSelectorFrom(cached.spec.labelSelector ?? {});
  const prefix = keyPrefix(definition.storage.group, definition.storage.resource, definition.storage.identity, source);
  // the consumer sees the object as its own
  const shown = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [clusterAnnotation]: consumer } },
  });
  const computed: ComputedResource = {
    async get({ name }) {
      const record = await deps.store.get(`${prefix}/${name}`);
      return record && published.matches(record.header.labels) ? shown(await decodeRecord(record, definition)) : undefined;
    },
    async list({ labelSelector }): Promise<KubeList> {
      const wanted = published.and(labelSelector);
      const range = await deps.store.range(prefix, { headerFilter: (header) => wanted.matches(header.labels) });
      const items = await Promise.all(range.records.map(async (record) => shown(await decodeRecord(record, definition))));
      return {
        apiVersion: definition.group ? `${definition.group}/${definition.version}` : definition.version,
        kind: definition.listKind,
        metadata: { resourceVersion: String(range.revision) },
        items,
      };
    },
  };
  return surfaceOf(key, [deriveDefinition(definition, { builtIn: false, verbs: ["get", "list", "watch"], subresources: {}, computed })]);
}

async function readOne<T extends KubeObject>(
  deps: ViewDependencies,
  cluster: string,
  resource: string,
  name: string,
): Promise<T | undefined> {
  const surface = await deps.surfaces(cluster);
  const definition = surface.lookup(group, version, resource);
  return definition && readStored<T>(deps.store, definition, cluster, name);
}
