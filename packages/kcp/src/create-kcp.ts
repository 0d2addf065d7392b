/** One kcp out of its parts: read it to see who gets what. */
import { notFound } from "@meshplane/apimachinery";
import { definitionsFromCrd, definitionsOfCrd, type Crd } from "@meshplane/apiextensions";
import { systemAdminCluster, coreGroup, rootCluster, tenancyGroup, type APIResourceSchema } from "@meshplane/apis";
import {
  authenticatedGroup,
  surfaceOf,
  type HttpResponse,
  type InProcessRequest,
  type ResourceDefinition,
  type SurfaceSource,
} from "@meshplane/apiserver";
import { internalUser, localClient, namespaceGuards, objectOf } from "@meshplane/controlplane";
import { startController } from "@meshplane/controller-runtime";
import { builtInIdentity, keyPrefix } from "@meshplane/storage";
import { admissionPlugins } from "./admission/plugins.ts";
import { workspaceAuthentication } from "./authentication/workspace-authentication.ts";
import { authorizerChain } from "./authorizers/chain.ts";
import { prefixedUser } from "./authorizers/effective-users.ts";
import { bootstrapRoot } from "./bootstrap/bootstrap.ts";
import { reviewAuthorizer } from "./deep-reviews.ts";
import { PublishedResources } from "./cached-resources/published-resources.ts";
import { virtualResources } from "./cached-resources/virtual-resources.ts";
import { BoundDefinitions } from "./definitions/bound-definitions.ts";
import { withLifecycleMetadata } from "./definitions/lifecycle-metadata.ts";
import { systemDefinitions, unsettledUnlessReady } from "./definitions/system-definitions.ts";
import { ExportIndex } from "./exports/export-index.ts";
import { KcpFrontDoor } from "./front-door.ts";
import { homeEndpoint } from "./home-workspaces.ts";
import type { Kcp } from "./kcp.ts";
import type { KcpOptions } from "./kcp-options.ts";
import { logicalClusterGuards } from "./logical-clusters/create-guards.ts";
import { PathIndex } from "./logical-clusters/path-index.ts";
import { ObjectReader } from "./object-reader.ts";
import { cacheControllers, kcpControllers } from "./reconcilers/controllers.ts";
import { schemaResource, type ReconcilerParts } from "./reconcilers/parts.ts";
import { ShardList } from "./shard-list.ts";
import { boundCrdCluster, computedCrds, systemCrdCluster } from "./definitions/computed-crds.ts";
import { withGivenObjects } from "./definitions/given-objects.ts";
import { ClusterApisCache, type ClusterApis } from "./surfaces/cluster-apis.ts";
import { metadataDefinition } from "./surfaces/metadata-definition.ts";
import { WorkspaceTypes } from "./workspace-types.ts";

/** who kcp's controllers are in managedFields */
const systemFieldManager = "kcp";
const defaultBatteries = new Set(["workspace-types", "admin"]);

export function createKcp(options: KcpOptions): Kcp {
  const { store, clock, log, local, shard, rbac } = options;
  const user = internalUser();
  // The server is built from what is returned here, so its door is looked up when somebody goes through it.
  const named = (request: InProcessRequest): InProcessRequest => ({
    ...direct(request),
    options: { fieldManager: systemFieldManager, ...request.options },
  });
  const client = localClient(
    { object: (request) => local().object(named(request)), list: (request) => local().list(direct(request)) },
    user,
  );

  const exports = new ExportIndex();
  const tenancyIdentity = (): string | undefined => exports.rootIdentity("tenancy.kcp.io");
  const paths = new PathIndex(tenancyIdentity);
  const objects = new ObjectReader(store);
  const types = new WorkspaceTypes(paths, objects, tenancyIdentity);

  const shards = new ShardList(store, exports);
  const base: readonly ResourceDefinition[] = [...options.builtIns, ...systemDefinitions(local)];
  const bound = new BoundDefinitions(store, (schema, identity) => compileSchema(schema, identity, identity === tenancyIdentity(), options));
  const baseByName = new Map(base.map((one) => [`${one.group}/${one.version}/${one.resource}`, one]));
  const published = new PublishedResources();
  const apis = new ClusterApisCache({
    store,
    base,
    bound: bound.of,
    local: (cluster) => localDefinitions(cluster, options),
    virtual: {
      definitions: virtualResources({ exports, paths, published }),
      shows: (cluster) => !published.inCluster(cluster)[Symbol.iterator]().next().done,
    },
  });
  published.onChange(({ resources, slices }) => {
    apis.dropVirtual();
    // whoever watches what is published no longer must not go on seeing it
    for (const { cluster, group, resource, identityHash } of resources)
      if (identityHash !== undefined) options.endWatches?.(cluster, { group, resource });
    for (const { cluster, source } of slices) {
      const shown = published.get(source.path ? (paths.clusterOf(source.path) ?? "") : cluster, source.name);
      if (shown) options.endWatches?.(shown.cluster, { group: shown.group, resource: shown.resource });
    }
  });
  const wildcard = surfaceOf("*", base);
  const since = clock();
  const systemSurfaces = new Map(
    [systemCrdCluster, boundCrdCluster].map((cluster) => {
      const inPlace = (one: ResourceDefinition) =>
        one.resource === "customresourcedefinitions" ? computedCrds(cluster, one, { store, bound, since })! : one;
      return [cluster, surfaceOf(cluster, base.map(inPlace))];
    }),
  );
  const { givenObjects = {} } = options;
  const withGiven = (one: ResourceDefinition): ResourceDefinition => {
    const given = Object.hasOwn(givenObjects, one.resource) ? givenObjects[one.resource] : undefined;
    return given ? withGivenObjects(one, given, { store, cluster: systemAdminCluster, since }) : one;
  };
  systemSurfaces.set(systemAdminCluster, surfaceOf(systemAdminCluster, base.map(withGiven)));
  const surfaces: SurfaceSource = (cluster) => {
    if (cluster === "*" || cluster === "") return wildcard;
    if (cluster.startsWith("system:") && systemSurfaces.has(cluster)) return systemSurfaces.get(cluster)!;
    const known = apis.of(cluster);
    return known instanceof Promise ? known.then(({ surface }) => surface) : known.surface;
  };

  const { authorize, deepAuthorize, explain } = authorizerChain({
    paths,
    exports,
    apisOf: apis.of,
    rbac,
    alwaysAllowGroups: options.alwaysAllowGroups,
    alwaysAllowPaths: options.alwaysAllowPaths,
    steps: options.authorizerSteps,
    order: options.authorizationOrder,
  });

  const parts: ReconcilerParts = {
    store,
    client,
    api: local,
    user,
    paths,
    exports,
    apis,
    bound,
    objects,
    types,
    shards,
    shard,
    base,
    clock,
    log,
    mountsEnabled: options.workspaceMounts ?? false,
    endWatches: options.endWatches ?? (() => {}),
  };

  const homes = options.homeWorkspaces ?? { enabled: true };
  const rootWorkspaces = async (): Promise<ResourceDefinition> => {
    const definition = (await surfaces(rootCluster)).lookup(tenancyGroup, "v1alpha1", "workspaces");
    if (!definition) throw notFound({ group: tenancyGroup, resource: "workspaces" }, "~");
    return definition;
  };
  const frontDoor = new KcpFrontDoor({
    paths,
    surfaces,
    identitySurfaces,
    metadataSurfaces,
    authorize,
    homes: homes.enabled ? homeEndpoint(parts, authorize, rootWorkspaces) : undefined,
    proxy: options.proxy ?? (async () => notAvailable),
    ownOrigins: [shard.externalURL, shard.baseURL].filter((url) => URL.canParse(url)).map((url) => new URL(url).origin),
  });

  return {
    // without the feature nothing is published
    projections: [exports, paths, objects, ...(options.cacheApis ? [published] : []), apis, shards],
    frontDoor,
    surfaces,
    admission: admissionPlugins({
      store,
      paths,
      exports,
      apisOf: apis.of,
      types,
      deepAuthorize,
      policies: options.policyAdmission ?? [],
      quota: options.quotaAdmission ?? [],
      totalObjectLimit: options.totalObjectLimit ?? 0,
      countObjects,
    }),
    createGuards: logicalClusterGuards(paths, namespaceGuards(store)),
    authorize,
    deepAuthorize,
    explain,
    workspaceTokens: workspaceAuthentication({
      paths,
      types,
      objects,
      tenancyIdentity,
      clock,
      log,
      disallowedIssuers: options.ownIssuers ?? [],
    }),
    authorizerFor: reviewAuthorizer(authorize, deepAuthorize, explain),
    views: { shardName: shard.name, published, exports, apisOf: apis.of, schemaDefinitions, policyUser: prefixedUser },
    kindOf,
    policyCluster,
    paths,
    mount: (virtualWorkspace) => frontDoor.mount(virtualWorkspace),
    bootstrap: () =>
      bootstrapRoot(parts, {
        cacheApis: options.cacheApis ?? false,
        batteries: options.batteries ?? defaultBatteries,
        homeCreatorGroups: homes.creatorGroups ?? [authenticatedGroup],
      }),
    startControllers: (source) =>
      [...kcpControllers(parts), ...(options.cacheApis ? cacheControllers({ ...parts, published }) : [])].map((controller) =>
        startController(
          {
            onError: (error, key, failures) =>
              log[failures < 5 ? "debug" : "warn"]("reconcile failed", {
                controller: controller.name,
                ...key,
                failures,
                error: String(error),
              }),
            ...controller,
          },
          source,
        ),
      ),
  };

  function policyCluster(cluster: string, { group, resource }: ResourceDefinition): string | Promise<string> {
    const of = ({ boundBy }: ClusterApis): string => boundBy(group, resource)?.exportCluster ?? cluster;
    const known = apis.of(cluster);
    return known instanceof Promise ? known.then(of) : of(known);
  }

  /** What every logical cluster has is the same everywhere: no surface needs to be made for it. */
  function direct(request: InProcessRequest): InProcessRequest {
    const { resource } = request;
    const definition = "storage" in resource ? undefined : baseByName.get(`${resource.group}/${resource.version}/${resource.resource}`);
    return definition ? { ...request, resource: definition } : request;
  }

  async function schemaDefinitions(cluster: string, schemaName: string, identityHash: string): Promise<ResourceDefinition[]> {
    const kind = { ...schemaResource, kind: "APIResourceSchema", identity: builtInIdentity };
    const schema = await objects.get<APIResourceSchema>(kind, cluster, schemaName);
    return schema ? bound.ofSchema(schema, cluster, identityHash) : [];
  }

  /** `<resource>:<identity>`: whoever exports it, the objects lie in one place. */
  function identitySurfaces(group: string, version: string, resource: string, identity: string): SurfaceSource {
    return async () => {
      for (const { cluster, resources } of exports.withIdentity(identity)) {
        const found = resources.find((one) => one.group === group && one.name === resource);
        const definitions = found ? await schemaDefinitions(cluster, found.schema, identity) : [];
        if (definitions.some((one) => one.version === version)) return surfaceOf(`${identity}/${resource}.${group}`, definitions);
      }
      return surfaceOf(`${identity}/nothing`, []);
    };
  }

  /** What every logical cluster has is found as ever; of others there has to be a CRD or an object somewhere. */
  function metadataSurfaces(group: string, version: string, resource: string): SurfaceSource {
    return async () => {
      if (base.some((one) => one.group === group && one.version === version && one.resource === resource)) return wildcard;
      const exists =
        apis.isDefined(group, resource) || (await store.range(keyPrefix(group, resource), { limit: 1, keysOnly: true })).records.length > 0;
      return exists ? surfaceOf(`metadata/${version}/${resource}.${group}`, [metadataDefinition(group, version, resource)]) : wildcard;
    };
  }

  /** apiVersion and kind of what is stored, for the key source */
  function kindOf({ group, resource }: { group: string; resource: string }): { apiVersion: string; kind: string } | undefined {
    const known =
      base.find((one) => one.storage.group === group && one.storage.resource === resource && !one.convert) ??
      boundKinds.get(`${resource}.${group}`);
    return known && { apiVersion: known.group === "" ? known.version : `${known.group}/${known.version}`, kind: known.kind };
  }

  async function countObjects(cluster: string): Promise<number> {
    const records = await store.index("inventory", cluster, undefined, { keysOnly: true });
    return records.filter(({ key }) => !key.startsWith("/core/events/")).length;
  }
}

/** kinds of root's own exports that controllers follow */
const boundKinds = new Map(
  [
    [tenancyGroup, "workspaces", "Workspace"],
    [tenancyGroup, "workspacetypes", "WorkspaceType"],
    [coreGroup, "shards", "Shard"],
    ["topology.kcp.io", "partitions", "Partition"],
    ["topology.kcp.io", "partitionsets", "PartitionSet"],
  ].map(([group, resource, kind]) => [`${resource}.${group}`, { group: group!, version: "v1alpha1", kind: kind! }]),
);

function compileSchema(schema: APIResourceSchema, identity: string, isTenancy: boolean, { local }: KcpOptions): ResourceDefinition[] {
  return definitionsFromCrd(schema.spec, { identity, api: local, definedIn: "system:bound-crds" }).map((definition) =>
    // kcp's own workspaces; an API of the same name from somebody else is just an API
    isTenancy && definition.resource === "workspaces"
      ? { ...withLifecycleMetadata(definition), indexEntries: unsettledUnlessReady }
      : definition,
  );
}

async function localDefinitions(cluster: string, { store, local }: KcpOptions): Promise<ResourceDefinition[]> {
  const { records } = await store.range(keyPrefix("apiextensions.k8s.io", "customresourcedefinitions", builtInIdentity, cluster));
  return records.flatMap((record) => {
    const crd = objectOf(record, { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" }) as Crd;
    return definitionsOfCrd(crd, { api: local, definedIn: cluster });
  });
}

const notAvailable: HttpResponse = { status: 503, headers: { "content-type": "text/plain; charset=utf-8" }, body: "Not available.\n" };
