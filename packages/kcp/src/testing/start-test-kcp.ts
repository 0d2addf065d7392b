/** A whole control plane in memory, without a listener: for tests of this room and of those above. */
import { randomUUID } from "node:crypto";
import { crdDefinition } from "@meshplane/apiextensions";
import { systemAdminCluster } from "@meshplane/apis";
import { createApiServer, type ApiServer, type InProcessApi, type Log, type ResourceDefinition, type User } from "@meshplane/apiserver";
import type { MultiClusterClient } from "@meshplane/client";
import {
  accessReviewer,
  bootstrapPolicy,
  builtInDefinitions,
  FeedKeySource,
  internalUser,
  localClient,
  RbacIndex,
} from "@meshplane/controlplane";
import type { Controller } from "@meshplane/controller-runtime";
import { openMemoryStore, type Store } from "@meshplane/storage";
import { kcpBootstrapPolicy } from "../bootstrap/bootstrap-policy.ts";
import { createKcp } from "../create-kcp.ts";
import type { Kcp } from "../kcp.ts";
import type { KcpOptions } from "../kcp-options.ts";

export interface TestKcp {
  readonly store: Store;
  readonly server: ApiServer;
  readonly kcp: Kcp;
  /** in process, as the system */
  readonly client: MultiClusterClient;
  /** in process, as somebody: admission sees them, authorization is not asked */
  as(user: User): MultiClusterClient;
  stop(): Promise<void>;
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export async function startTestKcp(options: Partial<KcpOptions> & { store?: Store } = {}): Promise<TestKcp> {
  const store = options.store ?? openMemoryStore();
  const clock = Date.now;
  let server: ApiServer;
  const local = (): InProcessApi => server.local;
  const rbac = new RbacIndex({ store, policyCluster: systemAdminCluster, bootstrap: bootstrapPolicy(kcpBootstrapPolicy) });
  const nobody = (): never => {
    throw new Error("not part of this server");
  };
  const builtIns: ResourceDefinition[] = [
    ...builtInDefinitions({
      clock,
      local,
      issueToken: nobody,
      reviewToken: nobody,
      reviewAccess: accessReviewer((context) => kcp.authorizerFor(context)),
      rulesOf: nobody,
    }),
    crdDefinition(clock),
  ];
  const origin = "https://127.0.0.1:6443";
  const kcp: Kcp = createKcp({
    store,
    clock,
    uid: randomUUID,
    log: silent,
    shard: { name: "root", baseURL: origin, externalURL: origin, virtualWorkspaceURL: origin },
    builtIns,
    rbac,
    local,
    ...options,
  });
  const changes = new FeedKeySource({ store, kindOf: kcp.kindOf });
  server = createApiServer({
    store,
    projections: [rbac, ...kcp.projections, changes],
    frontDoor: kcp.frontDoor,
    surfaces: kcp.surfaces,
    authenticators: [],
    anonymous: true,
    admission: kcp.admission,
    createGuards: kcp.createGuards,
    clock,
    uid: randomUUID,
    version: { major: "1", minor: "0", gitVersion: "v1.0.0", gitCommit: "", gitTreeState: "", buildDate: "", platform: "" },
    log: silent,
  });
  await server.start();
  await kcp.bootstrap();
  const controllers: Controller[] = kcp.startControllers(changes);
  await changes.start();
  return {
    store,
    server,
    kcp,
    client: localClient(server.local, internalUser()),
    as: (user) => localClient(server.local, user),
    async stop() {
      changes.stop();
      await Promise.all(controllers.map((controller) => controller.stop()));
      await server.drain();
      if (!options.store) await store.close(); // else it is the caller's, who may start again on it
    },
  };
}
