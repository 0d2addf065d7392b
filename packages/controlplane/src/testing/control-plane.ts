import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { hasReason, StatusError } from "@meshplane/apimachinery";
import {
  allow,
  createApiServer,
  noOpinion,
  surfaceOf,
  type AdmissionPlugin,
  type ApiServer,
  type Authorizer,
  type FrontDoor,
  type ServerOptions,
} from "@meshplane/apiserver";
import { startController, type Controller } from "@meshplane/controller-runtime";
import { openMemoryStore, type Store } from "@meshplane/storage";
import { checkExpression } from "../admission/expressions.ts";
import { hookAdmission } from "../admission/hook-admission.ts";
import { HookIndex } from "../admission/hook-index.ts";
import { immortalNamespaces, namespaceGuards } from "../admission/namespace-guards.ts";
import { serviceAccountTokens } from "../authentication/service-account-tokens.ts";
import { signingKeyOf } from "../authentication/signing-key.ts";
import { builtInDefinitions } from "../kinds/built-in-definitions.ts";
import { FeedKeySource } from "../local/feed-key-source.ts";
import { internalUser, localClient } from "../local/local-client.ts";
import { quota } from "../quota/quota.ts";
import { controlplaneControllers } from "../controllers/controlplane-controllers.ts";
import { servedBy } from "../controllers/served-definitions.ts";

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;

/** A server of the built-in kinds with everything that this room runs in it; any cluster name exists. */
export async function startControlPlane() {
  const store: Store = openMemoryStore();
  let api: ApiServer;
  const local = () => api.local;
  const clock = Date.now;
  const nobody = (): never => assert.fail("not asked here");
  const surface = surfaceOf(
    "test",
    builtInDefinitions({
      clock,
      local,
      issueToken: nobody,
      reviewToken: nobody,
      reviewAccess: nobody,
      rulesOf: nobody,
      checkExpression,
    } as never),
  );
  const surfaces = () => surface;
  const hooks = new HookIndex(store);
  const authorize: Authorizer = ({ user }) => (user.groups.includes("system:masters") ? allow("") : noOpinion(""));
  const quotas = quota({ store, local, surfaces });
  const source = new FeedKeySource({
    store,
    kindOf: ({ group, resource }, identity) => {
      const definition = servedBy(surface).byStorage.get(`${group}/${resource}/${identity}`);
      return definition && { apiVersion: group === "" ? definition.version : `${group}/${definition.version}`, kind: definition.kind };
    },
    onError: (error) => console.error(error),
  });
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const admission: AdmissionPlugin[] = [
    immortalNamespaces(),
    ...hookAdmission({ index: hooks, store, local, surfaces, authorize }),
    quotas.admission,
  ];
  const options: ServerOptions = {
    store,
    projections: [quotas.projection, hooks, source],
    frontDoor: { resolve: nobody } as unknown as FrontDoor,
    surfaces,
    authenticators: [],
    anonymous: false,
    admission,
    createGuards: namespaceGuards(store),
    clock,
    uid: randomUUID,
    version: {} as never,
    log,
  };
  api = createApiServer(options);
  await api.start();
  const tokens = serviceAccountTokens({ store, signingKey: signingKeyOf(pem), issuer: "https://issuer", clock, uid: randomUUID });
  const controllers: Controller[] = [
    ...controlplaneControllers({ store, local, surfaces, clock, log, rootCa: "the CA", tokens }),
    quotas.controller,
  ].map((one) => startController(one, source));
  await source.start();
  const client = localClient(api.local, internalUser());

  return {
    store,
    tokens,
    api,
    resource: (name: string, group = "", version = "v1", cluster = "one") =>
      client.cluster(cluster).resource({ group, version, resource: name }),
    async stop() {
      source.stop();
      await Promise.all(controllers.map((controller) => controller.stop()));
      await api.drain();
      await store.close();
    },
  };
}

export type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>;

export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 3000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) assert.fail(`${what}: not within 3 s`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

export const gone = async (look: Promise<unknown>): Promise<boolean> => {
  try {
    await look;
    return false;
  } catch (error) {
    if (hasReason(error, "NotFound")) return true;
    throw error;
  }
};

export const refused = async (work: Promise<unknown>): Promise<StatusError> => {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  return assert.fail("nothing was refused");
};
