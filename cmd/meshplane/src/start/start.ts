/** `start`, from flags to a clean exit. */
import { mkdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { createSecureContext } from "node:tls";
import { listen, type Listener } from "@meshplane/apiserver";
import { openSigningKey, staticTokens, TokenFileError, type TokenAuthenticator } from "@meshplane/controlplane";
import { StoreError } from "@meshplane/storage";
import { openAccess, type Access } from "./access.ts";
import { adminCredentials } from "./admin-credentials.ts";
import { servingCertificate } from "./certificates.ts";
import { compactHistory } from "./compact-history.ts";
import { composeControlPlane, issuer } from "./compose.ts";
import { etcdReadiness } from "./etcd-readiness.ts";
import { featureGates } from "./feature-gates.ts";
import type { StartFlags } from "./flags.ts";
import type { PreparedPlatform } from "../platform/prepare-platform.ts";
import type { StoryOptions } from "../demo/play-story.ts";
import { adminKubeconfig } from "./kubeconfig.ts";
import { createLog } from "./log.ts";
import { openAudit } from "./observe/open-audit.ts";
import { openStore } from "./open-store.ts";
import { OperatorError } from "./operator-error.ts";
import { writePrivateFile } from "./private-file.ts";
import { defaultBaseDomain, splitBaseDomain } from "./platform-flags.ts";
import { Progress } from "./progress.ts";
import { readOperatorFile } from "./read-operator-file.ts";
import { prepareRootDirectory } from "./root-directory.ts";
import { waitForSignals } from "./signals.ts";

/** @returns the exit code. @throws OperatorError */
export async function start(flags: StartFlags, notices: readonly string[]): Promise<number> {
  const log = createLog(flags.verbosity);
  const progress = new Progress(flags.quiet);
  for (const notice of notices) log.info(notice);
  prepareRootDirectory(flags.rootDirectory);

  progress.step("certificates");
  const host = flags.externalHostname ?? (isAnyAddress(flags.bindAddress) ? "127.0.0.1" : flags.bindAddress);
  const credentials = adminCredentials(flags.rootDirectory);
  const [certificate, signingKey] = await Promise.all([
    certificateOf(flags, host),
    openSigningKey(join(flags.rootDirectory, "sa.key")).catch((cause: Error) => {
      throw new OperatorError(cause.message, `mend or remove ${join(flags.rootDirectory, "sa.key")}`, { cause });
    }),
  ]);

  progress.step("store");
  const store = await openStore(flags, (error) => {
    // what was acknowledged is safe; going on could lose the next write
    log.error("the store has failed; stopping", { error: error.message });
    process.exit(1);
  });

  let listener: Listener | undefined;
  let access: Access | undefined;
  let platform: PreparedPlatform | undefined;
  try {
    if (flags.platformMesh) {
      const { preparePlatform } = await import("../platform/prepare-platform.ts");
      platform = await preparePlatform(flags, (error) => log.error("relationships", { error: String(error) }));
    }
    access = await openAccess(flags, { issuer, clock: Date.now, log, ...(platform ? { relationships: platform.step } : {}) });

    progress.step("listener");
    let handle: Parameters<typeof listen>[0]["handle"] = async () => ({ status: 503, headers: { "retry-after": "1" }, body: "starting\n" });
    listener = await openListener(flags, certificate, access, (http) => handle(http));
    const url = `https://${host.includes(":") ? `[${host}]` : host}:${listener.port}`;

    progress.step("control plane");
    const audit = openAudit(flags, (error) => log.error("the audit log cannot be written", { error: error.message }));
    const plane = composeControlPlane({
      store,
      log,
      shard: {
        name: flags.shardName,
        baseURL: flags.shardBaseUrl ?? url,
        externalURL: flags.shardExternalUrl ?? url,
        virtualWorkspaceURL: flags.shardVirtualWorkspaceUrl ?? flags.shardBaseUrl ?? url,
      },
      tokens: [administrators(credentials.users), ...fileTokens(flags)],
      signingKey,
      ca: certificate.ca,
      access,
      batteries: new Set(flags.batteriesIncluded),
      homeWorkspaces: { enabled: flags.enableHomeWorkspaces, creatorGroups: flags.homeCreatorGroups },
      totalObjectLimit: flags.totalObjectLimit,
      features: new Set([...featureGates(flags.featureGates).on, ...(platform ? (["WorkspaceAuthentication"] as const) : [])]),
      ...(platform ? { relationships: platform.step } : {}),
      ...(audit ? { audit } : {}),
      // others may stand before the same etcd; an embedded store is this process' alone
      ...(flags.store === "etcd" && flags.leaderElection ? { leaderElection: flags.leaderElection } : {}),
    });
    progress.step("bootstrap");
    await plane.start().catch((cause: unknown) => {
      const why = storeErrorIn(cause);
      if (!why) throw cause;
      throw new OperatorError(
        `what a new server needs cannot be stored: ${why.message}`,
        flags.store === "etcd" ? "see that etcd is well" : `make room on the disk that holds ${flags.rootDirectory}`,
        { cause },
      );
    });
    const compaction = flags.store === "etcd" ? compactHistory(store, log) : undefined;
    const readiness = flags.store === "etcd" ? etcdReadiness(store) : undefined;
    if (readiness) plane.server.addReadyCheck("etcd-readiness", readiness.check);

    // whoever waits for /readyz reads the kubeconfig next: it is there before anything but "starting" is answered
    const kubeconfig = flags.kubeconfigPath ?? join(flags.rootDirectory, "admin.kubeconfig");
    writeKubeconfig(kubeconfig, adminKubeconfig({ url, ca: certificate.ca, ...credentials }));
    let whole = platform === undefined;
    handle = (http) =>
      whole || http.path !== "/readyz"
        ? plane.server.handle(http)
        : Promise.resolve({ status: 503, headers: {}, body: "platform mesh: starting\n" });
    await platform?.start({
      url,
      certificate,
      adminToken: credentials.kcpAdminToken,
      log: (line) => log.debug(line),
      onStep: (step) => progress.platformStep(step),
    });
    whole = true;
    progress.ready({
      url,
      kubeconfig,
      ...(platform ? { platform: platform.addresses.baseDomain, served: platform.relationships.served } : {}),
    });

    const stopping = new AbortController();
    if (flags.demo) {
      const examples = join(import.meta.dirname, import.meta.dirname.endsWith("start") ? "../../../../examples" : "../../examples");
      const shared = { kubeconfig, examples, say: (line: string) => console.log(line), signal: stopping.signal };
      play(shared, platform).catch((error: unknown) =>
        console.error(`the demo stopped: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
    await waitForSignals();
    stopping.abort();
    progress.stopping();
    await platform?.stop();
    await plane.stop();
    await listener.close();
    compaction?.stop();
    readiness?.stop();
    audit?.close();
    return 0;
  } finally {
    access?.close();
    await platform?.stop();
    await listener?.close(0).catch(() => {});
    await platform?.close();
    await store.close();
  }
}

/** What a store said, below the answers that were made of it. */
function storeErrorIn(error: unknown): StoreError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof StoreError) return cause;
  return undefined;
}

async function play(shared: StoryOptions, platform: PreparedPlatform | undefined): Promise<void> {
  if (!platform) return (await import("../demo/play-story.ts")).playStory(shared);
  const { relationships, identity } = platform;
  await (await import("../demo/play-platform.ts")).playPlatform({ ...shared, fga: relationships.fga, identity: identity! });
}

const isAnyAddress = (address: string): boolean => address === "0.0.0.0" || address === "::";

async function certificateOf(flags: StartFlags, host: string): Promise<{ ca: string; cert: string; key: string }> {
  if (flags.tlsCertFile && flags.tlsPrivateKeyFile) {
    const cert = readOperatorFile(flags.tlsCertFile, "--tls-cert-file");
    const key = readOperatorFile(flags.tlsPrivateKeyFile, "--tls-private-key-file");
    try {
      createSecureContext({ cert, key });
    } catch (cause) {
      throw new OperatorError(
        `--tls-cert-file ${flags.tlsCertFile} and --tls-private-key-file ${flags.tlsPrivateKeyFile} cannot be used: ${(cause as Error).message}`,
        "both are PEM files, and the key is the certificate's",
        { cause },
      );
    }
    return { ca: cert, cert, key };
  }
  const hosts = new Set(["localhost", "127.0.0.1", "::1", "kubernetes.default.svc", host]);
  if (flags.platformMesh && !flags.keycloakBaseUrl) {
    const { host: domain } = splitBaseDomain(flags.baseDomain ?? defaultBaseDomain);
    hosts.add(domain).add(`*.${domain}`);
  }
  if (isAnyAddress(flags.bindAddress))
    for (const addresses of Object.values(networkInterfaces()))
      for (const { address, scopeid } of addresses ?? []) if (!scopeid) hosts.add(address);
  return servingCertificate(flags.rootDirectory, [...hosts], Date.now());
}

function writeKubeconfig(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writePrivateFile(path, content);
  } catch (cause) {
    throw new OperatorError(
      `the kubeconfig ${path} cannot be written: ${(cause as Error).message}`,
      "choose another with --kubeconfig-path",
      {
        cause,
      },
    );
  }
}

function administrators(users: ReturnType<typeof adminCredentials>["users"]): TokenAuthenticator {
  return (token) => {
    const user = users.get(token);
    return user && { user, audiences: undefined };
  };
}

function fileTokens(flags: StartFlags): TokenAuthenticator[] {
  if (!flags.tokenAuthFile) return [];
  try {
    return [staticTokens(readOperatorFile(flags.tokenAuthFile, "--token-auth-file"), flags.tokenAuthFile)];
  } catch (cause) {
    if (cause instanceof TokenFileError) throw new OperatorError(cause.message, 'mend the line: token,user,uid,"group1,group2"', { cause });
    throw cause;
  }
}

async function openListener(
  flags: StartFlags,
  certificate: { cert: string; key: string },
  { clientCa, proxyCa }: Access,
  handle: Parameters<typeof listen>[0]["handle"],
): Promise<Listener> {
  try {
    return await listen({
      handle,
      host: flags.bindAddress,
      port: flags.securePort,
      tls: { key: certificate.key, cert: certificate.cert, ...(clientCa ? { ca: clientCa } : {}), ...(proxyCa ? { proxyCa } : {}) },
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const where = `${flags.bindAddress}:${flags.securePort}`;
    if (code === "EADDRINUSE")
      throw new OperatorError(
        `port ${flags.securePort} is taken: another program listens on ${where}`,
        "stop it, or choose another with --secure-port (0: any free one)",
        { cause },
      );
    if (code === "EACCES")
      throw new OperatorError(`this user may not listen on ${where}`, "choose a port above 1023 with --secure-port", { cause });
    if (code === "EADDRNOTAVAIL")
      throw new OperatorError(`this machine has no address ${flags.bindAddress}`, "choose another with --bind-address", { cause });
    throw new OperatorError(
      `cannot listen on ${where}: ${message}`,
      "see --bind-address and --secure-port, and the TLS files if you gave any",
      { cause },
    );
  }
}
