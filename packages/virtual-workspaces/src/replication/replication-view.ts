/**
 * `/services/replication/<slice cluster>/<slice>/clusters/<name>/…`: the objects that a ClusterCachedResource publishes, to read, for consumers of the export that its endpoint
 * slice names. With one shard there is nothing to copy: the objects are read where they lie. @see spec virtual-workspaces §6
 */
import { allClusters, badRequest } from "@meshplane/apimachinery";
import { allow, deny, mastersGroup, surfaceOf, TextAnswer, type Authorizer, type Endpoint, type Surface } from "@meshplane/apiserver";
import { isSliceReference, shownDefinition, sourceDefinition, type PublishedSlice, type VirtualWorkspace } from "@meshplane/kcp";
import { bindingOf } from "../apiexport/binding-authorizer.ts";
import { contentAuthorizer } from "../apiexport/content-authorizer.ts";
import { parseViewPath, type ViewPath } from "../parse-view-path.ts";
import type { ExportName, ViewDependencies } from "../view-dependencies.ts";

const group = "cache.kcp.io";
const version = "v1alpha1";
const slices = "clustercachedresourceendpointslices";

export function replicationView(deps: ViewDependencies): VirtualWorkspace {
  const surfaceFor = replicatedSurfaces(deps);
  return {
    name: "replication",
    resolve(http, rest): Endpoint | undefined {
      const parsed = parseViewPath(rest, 2);
      if (!parsed) return undefined;
      const [sliceCluster, sliceName] = parsed.segments as [string, string];
      const slice = deps.published.slice(sliceCluster, sliceName);
      if (!slice) return missingSlice(http.path, parsed, deps);
      const exported: ExportName = { cluster: clusterOf(slice.export.path, sliceCluster, deps), name: slice.export.name };
      return {
        cluster: parsed.cluster,
        path: parsed.path,
        surfaces: () => surfaceFor(slice, parsed.cluster),
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
const clusterOf = (path: string, own: string, deps: ViewDependencies): string => (path ? (deps.clusterOfPath(path) ?? path) : own);

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
    if (target.kind === "resource" && !["get", "list", "watch"].includes(target.verb))
      return deny("write access to Replication virtual workspace is not allowed");
    if (!(await bindingOf(deps, target.cluster, name))) return deny("could not find suitable APIBinding in target logical cluster");
    return mayReadContent(attributes);
  };
}

interface KeptSurface {
  /** what it was made of */
  readonly parts: readonly unknown[];
  readonly surface: Surface;
}

/** pairs of slice and consumer whose surface is kept */
const surfacesMax = 1_000;

function replicatedSurfaces(deps: ViewDependencies): (slice: PublishedSlice, consumer: string) => Promise<Surface> {
  const kept = new Map<string, KeptSurface>();
  let made = 0;
  return async (slice, consumer) => {
    const source = clusterOf(slice.source.path, slice.cluster, deps);
    const cached = deps.published.get(source, slice.source.name);
    const exported = deps.exports.get(clusterOf(slice.export.path, slice.cluster, deps), slice.export.name);
    const offered = exported?.resources.find(
      ({ storage }) => isSliceReference(storage?.virtual?.reference) && storage.virtual.reference.name === slice.name,
    );
    const key = `replication/${slice.cluster}/${slice.name}/${consumer}`;
    if (!cached || cached.deleting || !offered || offered.storage!.virtual!.identityHash !== cached.identityHash)
      return surfaceOf(`${key}/none`, []);
    const own = await deps.surfaces(source);
    const shown = await deps.schemaDefinitions(exported!.cluster, offered.schema, cached.identityHash ?? "");
    const parts = [cached, own, ...shown];
    const known = kept.get(key);
    if (known && known.parts.length === parts.length && known.parts.every((part, i) => part === parts[i])) return known.surface;
    const definitions = shown.flatMap((definition) => {
      if (cached.version !== "" && cached.version !== definition.version) return [];
      const wanted = { group: cached.group, version: definition.version, resource: cached.resource };
      const published = sourceDefinition(own.definitions, wanted);
      if (!published || published.namespaced || published.computed || published.storage.cluster !== undefined) return [];
      return [shownDefinition(consumer, definition, published, cached)];
    });
    const surface = surfaceOf(`${key}/${++made}`, definitions);
    kept.set(key, { parts, surface });
    if (kept.size > surfacesMax) kept.delete(kept.keys().next().value!);
    return surface;
  };
}
