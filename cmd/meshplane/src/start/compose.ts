/**
 * One control plane out of the rooms' parts. The only place that knows all of them: read it from top to bottom to see what there is and who gets what.
 */
import { randomUUID } from "node:crypto";
import { crdDefinition } from "@meshplane/apiextensions";
import { extraKeys, kcpGroups, systemAdminCluster } from "@meshplane/apis";
import {
  createApiServer,
  type ApiServer,
  type Auditor,
  type FrontDoor,
  type InProcessApi,
  type Log,
  type ResourceDefinition,
} from "@meshplane/apiserver";
import {
  accessReviewer,
  bearerTokens,
  bootstrapPolicy,
  builtInDefinitions,
  checkExpression,
  clientCertificates,
  componentNameOf,
  controlplaneControllers,
  createImpersonation,
  escalationAdmission,
  FeedKeySource,
  hookAdmission,
  HookIndex,
  internalUser,
  localClient,
  openIdDocuments,
  protobufCodec,
  quota,
  RbacIndex,
  tokenReviewer,
  rulesReviewer,
  serviceAccountTokens,
  tokenRequestHandler,
  type SigningKey,
  type TokenAuthenticator,
} from "@meshplane/controlplane";
import { startController, type Controller } from "@meshplane/controller-runtime";
import {
  boundOriginOf,
  claimedGroups,
  confinedUser,
  createKcp,
  createMountProxy,
  effectiveUsers,
  kcpBootstrapPolicy,
  type Kcp,
  type ShardAddresses,
} from "@meshplane/kcp";
import type { Store } from "@meshplane/storage";
import { SharingGeneration, virtualWorkspaces } from "@meshplane/virtual-workspaces";
import type { RelationshipStep } from "../platform/relationship-step.ts";
import { version } from "../version.ts";
import type { Access } from "./access.ts";
import type { FeatureGate } from "./feature-gates.ts";
import { lead, type Leading } from "./lead.ts";
import { Metrics } from "./observe/metrics.ts";

export interface ControlPlaneOptions {
  store: Store;
  log: Log;
  shard: ShardAddresses;
  /** static tokens: the administrators', and those of --token-auth-file */
  tokens: readonly TokenAuthenticator[];
  signingKey: SigningKey;
  /** PEM, what kube-root-ca.crt holds */
  ca: string;
  /** who is who beside the server's own tokens, and who is asked beside RBAC; by default nobody, and all may be anonymous */
  access?: Pick<Access, "proxies" | "tokens" | "anonymous" | "steps" | "order" | "alwaysAllowPaths">;
  /** the step of `access.steps` that asks relationships */
  relationships?: RelationshipStep;
  batteries: ReadonlySet<string>;
  homeWorkspaces: { enabled: boolean; creatorGroups: readonly string[] };
  totalObjectLimit: number;
  /** feature gates of kcp that are on */
  features?: ReadonlySet<FeatureGate>;
  /** of several servers before one store, only one runs the controllers: who holds this Lease, in system:admin */
  leaderElection?: { namespace: string; name: string };
  /** which requests are written down, and where */
  audit?: Pick<Auditor, "policy" | "write">;
  /** tests put a defect between the door and the server here, to see that they would notice */
  withFrontDoor?: (frontDoor: FrontDoor) => FrontDoor;
}

export interface ControlPlane {
  readonly server: ApiServer;
  readonly kcp: Kcp;
  /** loads what is stored, bootstraps what is missing, starts the controllers */
  start(): Promise<void>;
  /** watches end, controllers stop */
  stop(): Promise<void>;
}

/** of service account tokens; their audience, and this server's, too */
export const issuer = "https://kcp.default.svc";

/** @see spec authz §10 */
function auditAnnotations(kcp: Kcp, cluster: string): Record<string, string> {
  if (cluster === "") return {};
  const path = kcp.paths.get(cluster)?.path ?? "";
  return { "kcp.io/cluster": cluster, "kcp.io/path": path, "tenancy.kcp.io/workspace": cluster };
}

export function composeControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { store, log } = options;
  const clock = Date.now;
  const uid = randomUUID;
  const metrics = new Metrics(clock);
  let server: ApiServer;
  const local = (): InProcessApi => server.local;

  const policy = bootstrapPolicy(kcpBootstrapPolicy);
  const rbac = new RbacIndex({ store, policyCluster: systemAdminCluster, bootstrap: policy });
  const accounts = serviceAccountTokens({
    store,
    signingKey: options.signingKey,
    issuer,
    clock,
    uid,
    extraOf: (cluster) => ({ [extraKeys.clusterName]: [cluster], [extraKeys.scopes]: [`cluster:${cluster}`] }),
  });
  const documents = openIdDocuments(accounts, options.shard.externalURL);
  const { access } = options;
  const ofWorkspace: TokenAuthenticator = (token, audiences, cluster) => kcp.workspaceTokens(token, audiences, cluster);
  const tokens = bearerTokens(
    [
      ...options.tokens,
      accounts.authenticate,
      ...(access?.tokens ?? []),
      ...(options.features?.has("WorkspaceAuthentication") ? [ofWorkspace] : []),
    ],
    [issuer],
    log,
  );

  const builtIns: ResourceDefinition[] = [
    ...builtInDefinitions({
      clock,
      local,
      issueToken: tokenRequestHandler(accounts, { store, clock, uid }),
      reviewToken: tokenReviewer(tokens),
      reviewAccess: accessReviewer((context) => kcp.authorizerFor(context)),
      rulesOf: rulesReviewer({ rbac, policyCluster: systemAdminCluster, effectiveUsers }),
      checkExpression,
    }),
    crdDefinition(clock),
  ];

  const quotas = quota({ store, local, surfaces: (cluster) => kcp.surfaces(cluster) });
  const hooks = new HookIndex(store);
  const kcp: Kcp = createKcp({
    store,
    clock,
    uid,
    log,
    shard: options.shard,
    builtIns,
    rbac,
    givenObjects: { clusterroles: policy.clusterRoles, clusterrolebindings: policy.clusterRoleBindings },
    local,
    endWatches: (cluster, resource) => server.endWatches(cluster, resource),
    quotaAdmission: [quotas.admission],
    // bound resources obey their provider's policies and webhooks, not their consumer's (spec apis §9)
    policyAdmission: hookAdmission({
      index: hooks,
      store,
      local,
      surfaces: (cluster) => kcp.surfaces(cluster),
      authorize: (attributes) => kcp.authorize(attributes),
      sourceOf: ({ definition, cluster }) => boundOriginOf(definition)?.schemaCluster ?? cluster,
    }),
    ownIssuers: [issuer],
    ...(access ? { authorizerSteps: access.steps } : {}),
    ...(access?.order ? { authorizationOrder: access.order } : {}),
    ...(access?.alwaysAllowPaths ? { alwaysAllowPaths: access.alwaysAllowPaths } : {}),
    batteries: options.batteries,
    homeWorkspaces: options.homeWorkspaces,
    totalObjectLimit: options.totalObjectLimit,
    workspaceMounts: options.features?.has("WorkspaceMounts") ?? false,
    cacheApis: options.features?.has("CacheAPIs") ?? false,
    proxy: createMountProxy({ log, ca: options.ca }),
  });

  const generation = new SharingGeneration();
  for (const view of virtualWorkspaces({
    ...kcp.views,
    store,
    authorize: kcp.authorize,
    deepAuthorize: kcp.deepAuthorize,
    surfaces: kcp.surfaces,
    generation: generation.current,
    clusterOfPath: (path) => kcp.paths.clusterOf(path),
  }))
    kcp.mount(view);

  const changes = new FeedKeySource({
    store,
    kindOf: kcp.kindOf,
    onError: (error) => log.error("reading what exists failed", { error: String(error) }),
  });
  server = createApiServer({
    store,
    // those that decide come first, those that are told last
    projections: [
      rbac,
      ...kcp.projections,
      quotas.projection,
      hooks,
      generation,
      ...(options.relationships ? [options.relationships.projection] : []),
      changes,
    ],
    frontDoor: options.withFrontDoor?.(kcp.frontDoor) ?? kcp.frontDoor,
    surfaces: kcp.surfaces,
    authenticators: [...(access?.proxies ?? []), clientCertificates, tokens.authenticate],
    anonymous: access?.anonymous ?? true,
    impersonate: createImpersonation({
      authorize: kcp.authorize,
      privilegedGroups: [
        kcpGroups.logicalClusterAdmin,
        kcpGroups.externalLogicalClusterAdmin,
        kcpGroups.bootstrapper,
        kcpGroups.admin,
        "system:masters",
      ],
      groupsOf: claimedGroups,
      confine: confinedUser,
    }),
    admission: [escalationAdmission({ rbac, authorize: kcp.authorize, effectiveUsers }), ...kcp.admission],
    createGuards: kcp.createGuards,
    nonResource: (http, target) => metrics.serve(http, target) ?? documents(http, target),
    audit: metrics.observe,
    ...(options.audit ? { auditor: { ...options.audit, annotationsOf: (cluster) => auditAnnotations(kcp, cluster) } } : {}),
    componentNameOf,
    protobuf: protobufCodec(),
    localManager: "kcp",
    clock,
    uid,
    version,
    log,
  });

  options.relationships?.connect({ kcp, client: localClient(server.local, internalUser()), watches: server });

  let leading: Leading | undefined;
  let endControllers = async (): Promise<void> => {};
  /** all of them, anew; what exists is looked at in the background. @returns what ends them */
  const startControllers = async (): Promise<() => Promise<void>> => {
    const shared = { store, local, surfaces: kcp.surfaces, clock, log, rootCa: options.ca, tokens: accounts };
    const controllers: Controller[] = [
      ...[...controlplaneControllers(shared), quotas.controller].map((one) => startController(one, changes)),
      ...kcp.startControllers(changes),
    ];
    await changes.start();
    return async () => {
      changes.reset();
      await Promise.all(controllers.map((controller) => controller.stop()));
    };
  };
  return {
    server,
    kcp,
    async start() {
      await server.start();
      await kcp.bootstrap();
      if (options.leaderElection)
        leading = lead({ client: localClient(server.local, internalUser()), uid, log, ...options.leaderElection }, startControllers);
      else endControllers = await startControllers();
    },
    async stop() {
      options.relationships?.stop();
      await leading?.stop();
      changes.stop();
      await endControllers();
      await server.drain();
    },
  };
}
