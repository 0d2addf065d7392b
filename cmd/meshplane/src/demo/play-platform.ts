/** Sample content of the Platform Mesh layer: two organizations, three people with different roles, a provider whose API they may bind. Made again, it stays as it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeYaml, type GroupVersionResource, hasReason, type KubeObject, StatusError } from "@meshplane/apimachinery";
import type { APIBinding, APIExport } from "@meshplane/apis";
import {
  accountObject,
  accountType,
  roleAssignees,
  roleObject,
  userOf,
  type Account,
  type RelationshipStore,
} from "@meshplane/apis/platform-mesh";
import { apply, createClient, type HttpMultiClusterClient, loadKubeconfig } from "@meshplane/client";
import type { Identity } from "@meshplane/identity";
import { apiExportProvider, createMultiClusterManager } from "@meshplane/multicluster-provider";
import type { OpenFga } from "@meshplane/rebac";
import { httpBinController } from "../../../../examples/httpbin-provider-ts/src/httpbin-controller.ts";
import { type HttpBin, httpBins } from "../../../../examples/httpbin-provider-ts/src/httpbin.ts";
import { makeWorkspaces, Scene, until } from "./scene.ts";

const provider = "root:providers:httpbin-provider";
const api = "orchestrate.platform-mesh.io";
const orgs = "root:orgs";
const dev = `${orgs}:acme:dev`;
const password = "password";
const alice = "alice@acme.example";
const bob = "bob@acme.example";
const carol = "carol@globex.example";

const core = (resource: string): GroupVersionResource => ({ group: "core.platform-mesh.io", version: "v1alpha1", resource });
const kcpApis = (resource: string, version = "v1alpha2"): GroupVersionResource => ({ group: "apis.kcp.io", version, resource });

export interface PlatformDemoOptions {
  kubeconfig: string;
  /** the folder that holds `httpbin-provider/` */
  examples: string;
  fga: OpenFga;
  /** the embedded issuer */
  identity: Pick<Identity, "seedUser">;
  say: (line: string) => void;
  /** ends the provider's controller */
  signal: AbortSignal;
}

/** @throws Error at the step that did not work */
export async function playPlatform({ kubeconfig, examples, fga, identity, say, signal }: PlatformDemoOptions): Promise<void> {
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  const admin = createClient(config);
  const people = new Map<string, HttpMultiClusterClient>();
  /** as that person: for sample content, nobody signs in */
  const as = (user: string): HttpMultiClusterClient => {
    let client = people.get(user);
    if (!client) people.set(user, (client = createClient({ ...config, impersonate: { user, groups: ["system:authenticated"] } })));
    return client;
  };
  const yaml = (...path: string[]) => decodeYaml(readFileSync(join(examples, "httpbin-provider", ...path))).value as unknown as KubeObject;
  const put = (client: HttpMultiClusterClient, cluster: string, resource: GroupVersionResource, object: KubeObject) =>
    apply(client.cluster(cluster).resource(resource), object, { fieldManager: "meshplane-demo", force: true });
  const scene = new Scene(say);

  say("\nSample content: two organizations, three people, a provider.\n");
  await scene.step("people are known in realm welcome", async () => {
    for (const email of [alice, bob, carol]) await seed("welcome", email);
    return [alice, bob, carol].join(", ");
  });
  await scene.step("alice founds organization acme: Ready", () => account(alice, orgs, "acme", "org"));
  await scene.step("carol founds organization globex: Ready", () => account(carol, orgs, "globex", "org"));
  await scene.step("alice makes account dev in it: Ready", () => account(alice, `${orgs}:acme`, "dev", "account"));
  await scene.step("bob becomes a member of dev, and of nothing else", async () => {
    await seed("acme", bob);
    const { status } = await admin.cluster(orgs).resource<RelationshipStore>(core("stores")).get("acme");
    const { metadata } = await admin.cluster(`${orgs}:acme`).resource(logicalClusters).get("cluster");
    const origin = metadata.annotations!["kcp.io/cluster"]!;
    const role = roleObject(accountType, origin, "dev", "member");
    await fga.write({
      storeId: status!.storeId!,
      writes: [
        { object: role, relation: "assignee", user: userOf(bob) },
        { object: accountObject(origin, "dev"), relation: "member", user: roleAssignees(role) },
      ],
      onDuplicate: "ignore",
    });
  });
  await scene.step(`a provider publishes ${api}`, async () => {
    await makeWorkspaces(admin, provider);
    await put(admin, provider, kcpApis("apiresourceschemas", "v1alpha1"), yaml("config", "apiresourceschema.yaml"));
    await put(admin, provider, kcpApis("apiexports"), yaml("config", "apiexport.yaml"));
    await until(
      () => admin.cluster(provider).resource<APIExport & KubeObject>(kcpApis("apiexports")).get(api),
      (it) => it.status?.identityHash !== undefined,
    );
  });
  await scene.step("and lets every account bind it: APIExportPolicy", async () => {
    await put(admin, orgs, core("apiexportpolicies"), {
      apiVersion: "core.platform-mesh.io/v1alpha1",
      kind: "APIExportPolicy",
      metadata: { name: api },
      spec: { apiExportRef: { name: api, clusterPath: provider }, allowPathExpressions: [":root:orgs:*"] },
    } as KubeObject);
    await until(() => admin.cluster(orgs).resource<Conditioned>(core("apiexportpolicies")).get(api), isReady);
  });
  const manager = createMultiClusterManager({
    provider: apiExportProvider({
      config: { ...config, server: `${config.server}/clusters/${provider}` },
      endpointSlice: api,
      onError: () => {},
    }),
    controllers: (context) => [httpBinController(context, "httpbin.example.com")],
    log: () => {},
  });
  manager
    .run(signal)
    .catch((error: unknown) => !signal.aborted && say(`the provider's controller ended: ${String(error)}`))
    .finally(() => [admin, ...people.values()].forEach((client) => client.close()));

  // by the administrator: whoever is impersonated stays within one workspace, and the export is in another. Signed in, alice may
  await scene.step("it is bound in dev: Bound", async () => {
    await put(admin, dev, kcpApis("apibindings"), yaml("consumer", "apibinding.yaml"));
    await until(
      () => as(alice).cluster(dev).resource<APIBinding & KubeObject>(kcpApis("apibindings")).get(api),
      (it) => it.status?.phase === "Bound",
    );
  });
  await scene.step("alice creates HttpBin my-httpbin there, which the provider serves", async () => {
    await allowed(() => put(as(alice), dev, httpBins, yaml("consumer", "httpbin.yaml")));
    const ready = await until(
      () => as(alice).cluster(dev).resource<HttpBin>(httpBins).get("my-httpbin", { namespace: "default" }),
      (it) => it.status?.ready === true,
    );
    return ready.status!.url!;
  });
  await scene.step("bob sees it, as a member of dev", async () => {
    await as(bob).cluster(dev).resource<HttpBin>(httpBins).get("my-httpbin", { namespace: "default" });
  });
  await scene.step("he may not make accounts in acme", () => refused(() => create(bob, `${orgs}:acme`, "bobs", "account")));
  await scene.step("carol, owner of globex, sees nothing of acme", () =>
    refused(() => as(carol).cluster(`${orgs}:acme`).resource<Account>(core("accounts")).list()),
  );
  say(`
Sign in (password of all: ${password}):

  ${alice.padEnd(22)} owner of acme, and of all accounts in it
  ${bob.padEnd(22)} member of acme:dev
  ${carol.padEnd(22)} owner of globex

Try:

  kubectl get httpbins -A --server ${config.server}/clusters/${dev} --as ${bob}
  kubectl get accounts --server ${config.server}/clusters/${orgs}:acme --as ${carol}
  bin/meshplane login kubeconfig -w ${dev} -o alice.kubeconfig
  kubectl --kubeconfig alice.kubeconfig get httpbins
`);

  /** a realm is made by the security operator, soon after its configuration */
  async function seed(realm: string, email: string): Promise<void> {
    const seeded = async () => {
      try {
        await identity.seedUser(realm, { email, password });
        return true;
      } catch (error) {
        if (error instanceof Error && error.message.endsWith("does not exist")) return undefined;
        throw error;
      }
    };
    await until(seeded, Boolean);
  }

  function create(user: string, workspace: string, name: string, type: string): Promise<unknown> {
    const wanted = { apiVersion: "core.platform-mesh.io/v1alpha1", kind: "Account", metadata: { name }, spec: { type, displayName: name } };
    return as(user)
      .cluster(workspace)
      .resource<Account>(core("accounts"))
      .create(wanted as Account);
  }

  async function account(user: string, workspace: string, name: string, type: string): Promise<void> {
    await allowed(() => create(user, workspace, name, type)).catch((error: unknown) => {
      if (!hasReason(error, "AlreadyExists")) throw error;
    });
    await until(() => admin.cluster(workspace).resource<Conditioned>(core("accounts")).get(name), isReady);
  }
}

const logicalClusters: GroupVersionResource = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };

type Conditioned = KubeObject & { status?: { conditions?: { type: string; status: string }[] } };
const isReady = ({ status }: Conditioned): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** A right that comes with what was made a moment ago: a new kind is in the organization's model soon after its binding. */
const allowed = <T>(ask: () => Promise<T>): Promise<T> =>
  until(
    () =>
      ask().catch((error: unknown) => {
        if (hasReason(error, "Forbidden")) return undefined;
        throw error;
      }),
    (answer) => answer !== undefined,
  ) as Promise<T>;

/** @returns what is missing, as the server says. @throws Error when it allows it */
async function refused(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return `403: ${error.message.split("\n").at(-1)}`;
    throw error;
  }
  throw new Error("it was allowed");
}
