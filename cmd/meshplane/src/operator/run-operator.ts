/** `meshplane operator <name>`: one operator in a process of its own, against any kcp. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StatusError } from "@meshplane/apimachinery";
import { platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { type ClientConfig, configFor, createClient, loadKubeconfig, runAsLeader } from "@meshplane/client";
import { FlagError } from "../start/flag-error.ts";
import { OperatorError } from "../start/operator-error.ts";
import { splitAddress } from "../start/platform-flags.ts";
import { readOperatorFile } from "../start/read-operator-file.ts";
import { waitForSignals } from "../start/signals.ts";
import { serveObservation } from "./observation-server.ts";
import { type OperatorFace, operatorFaces, OperatorFlags } from "./operator-flags.ts";
import { OperatorMetrics } from "./operator-metrics.ts";

interface Running {
  run(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

interface Start {
  flags: OperatorFlags;
  /** `root:platform-mesh-system`, as whom the kubeconfig names */
  config: ClientConfig;
  metrics: OperatorMetrics;
  log: (line: string) => void;
}

/** @returns the exit code */
export async function runOperator([face, ...argv]: string[]): Promise<number> {
  if (face === "rebac-authz-webhook") return runWebhook(argv);
  const known = operatorFaces.find((one) => one === face);
  if (!known) {
    console.error(`Usage: meshplane operator <${operatorFaces.join("|")}|rebac-authz-webhook> --kubeconfig FILE [flags]`);
    return face === undefined || face === "--help" || face === "-h" ? 0 : 1;
  }
  try {
    const flags = new OperatorFlags(known, argv);
    if (flags.help) {
      console.log(`Usage:\n  meshplane operator ${known} [flags]\n\nFlags:\n${flags.describe()}`);
      return 0;
    }
    return await start(known, flags);
  } catch (error) {
    if (error instanceof StatusError) {
      console.error(`Error from server (${error.reason ?? error.code}): ${error.message}`);
      return 1;
    }
    if (!(error instanceof FlagError || error instanceof OperatorError)) throw error;
    console.error(`Error: ${error.message}${error instanceof OperatorError ? `.\nTo mend it: ${error.mend}.` : ""}`);
    return 1;
  }
}

async function runWebhook(argv: string[]): Promise<number> {
  try {
    return await (await import("./rebac-authz-webhook.ts")).runRebacAuthzWebhook(argv);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof FlagError || error instanceof OperatorError || code?.startsWith("ERR_PARSE_ARGS"))) throw error;
    console.error(`Error: ${message}${error instanceof OperatorError ? `.\nTo mend it: ${error.mend}.` : ""}`);
    return 1;
  }
}

async function start(face: OperatorFace, flags: OperatorFlags): Promise<number> {
  const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
  const path = flags.text("kubeconfig");
  const { config: given } = await loadKubeconfig(path ? { path } : {}).catch((cause: Error) => {
    throw new OperatorError(cause.message, "name one with --kubeconfig", { cause });
  });
  const root = given.server.replace(/\/(clusters|services)\/.*$/, "").replace(/\/+$/, "");
  const config: ClientConfig = { ...configFor(given, `${root}/clusters/${platformMeshPaths.system}`), userAgent: `${face}-operator` };
  const metrics = new OperatorMetrics(`${face.replaceAll("-", "_")}_operator`);
  let working = false;
  const closeObservation = await serveObservation(flags.text("health-probe-bind-address"), flags.text("metrics-bind-address"), {
    ready: () => working,
    metrics: () => metrics.print(),
  });
  const stopping = new AbortController();
  void waitForSignals().then(() => stopping.abort());
  let operator: Running | undefined;
  try {
    operator = await open[face]({ flags, config, metrics, log });
    working = true;
    if (flags.on("leader-elect")) await runElected(face, flags, config, operator, stopping.signal, log);
    else await operator.run(stopping.signal);
    return 0;
  } finally {
    await operator?.close?.();
    await closeObservation();
  }
}

async function runElected(
  face: string,
  flags: OperatorFlags,
  config: ClientConfig,
  operator: Running,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const client = createClient(config);
  try {
    const kept = await runAsLeader(
      {
        cluster: client.cluster(""),
        namespace: flags.text("leader-elect-namespace"),
        name: `${face}-operator.platform-mesh.io`,
        identity: `${process.pid}_${crypto.randomUUID()}`,
        signal,
        onError: (error) => log(`leader election: ${String(error)}`),
      },
      (leading) => operator.run(leading),
    );
    if (!kept) throw new OperatorError("another process leads now", "start again");
  } finally {
    client.close();
  }
}

const open: Record<OperatorFace, (start: Start) => Promise<Running>> = {
  async account({ flags, config, metrics, log }) {
    const { accountAdmission, createAccountOperator } = await import("@meshplane/operator-account");
    const close = await openWebhooks(
      flags,
      accountAdmission({
        denyList: flags.list("webhooks-deny-list"),
        additionalTypes: flags.list("webhooks-additional-account-types"),
      }),
    );
    const endpointSlice = flags.text("kcp-api-export-endpoint-slice-name");
    return { ...createAccountOperator({ config, endpointSlice, log, metrics }), close };
  },

  async providers({ flags, config, metrics, log }) {
    const { createProvidersOperator } = await import("@meshplane/operator-providers");
    const kcpUrl = flags.text("kcp-url");
    const runtimeFile = flags.text("runtime-kubeconfig");
    const runtime = runtimeFile ? (await loadKubeconfig({ path: runtimeFile })).config : undefined;
    return createProvidersOperator({ config, log, metrics, ...(kcpUrl ? { kcpUrl } : {}), ...(runtime ? { runtime } : {}) });
  },

  async security({ flags, config, log }) {
    const [{ createSecurityOperator, identityProviderAdmission }, { remoteOpenFga }, { openIdentity }] = await Promise.all([
      import("@meshplane/operator-security"),
      import("@meshplane/rebac"),
      import("@meshplane/identity"),
    ]);
    const url = flags.required("openfga-url");
    const tokenFile = flags.text("openfga-token-file");
    const token = tokenFile && readOperatorFile(tokenFile, "--openfga-token-file").trim();
    const identity = await openIdentity({
      file: flags.required("identity-file"),
      baseDomain: flags.text("base-domain"),
      listen: splitAddress("identity-bind-address", flags.text("identity-bind-address")),
      tls: certificateIn(flags.text("identity-cert-dir"), "--identity-cert-dir"),
      log,
    });
    const closeWebhooks = await openWebhooks(flags, identityProviderAdmission(identity.driver, flags.list("idp-realm-deny-list")));
    const operator = createSecurityOperator({
      config,
      fga: remoteOpenFga({ url, ...(token ? { token } : {}) }),
      identityProvider: identity.driver,
      settings: {
        ...domainOf(flags),
        userClaim: flags.text("user-claim"),
        groupClaim: flags.text("group-claim"),
        memberTuples: flags.on("allow-member-tuples-enabled"),
        additionalAudiences: flags.list("additional-audiences"),
        additionalRedirectUrls: flags.list("idp-additional-redirect-urls"),
        kubectlRedirectUrls: flags.list("idp-kubectl-client-redirect-urls"),
        realmDenyList: flags.list("idp-realm-deny-list"),
      },
      log,
    });
    return {
      run: (signal) => operator.run(signal),
      async close() {
        await closeWebhooks();
        await identity.close();
      },
    };
  },

  async "platform-mesh"({ flags, config, log }) {
    const { applyServiceAccounts, bootstrapPlatformMesh, clusterOfPath, defaultSettings, followWelcomeClients } =
      await import("@meshplane/operator-platform-mesh");
    const caFile = flags.text("webhooks-ca-file");
    const ca = caFile ? readOperatorFile(caFile, "--webhooks-ca-file") : "";
    const webhook = (flag: "account-webhook-url" | "security-webhook-url", path: string) => ({
      url: `${flags.text(flag).replace(/\/+$/, "")}/${path}`,
      ca,
    });
    const settings = {
      ...defaultSettings,
      ...domainOf(flags),
      welcomeRedirectUris: flags.list("idp-welcome-additional-redirect-uris"),
      welcomePostLogoutRedirectUris: flags.list("idp-welcome-additional-post-logout-redirect-uris"),
      ...(flags.text("account-webhook-url") && flags.text("security-webhook-url")
        ? {
            webhooks: {
              mutateAccount: webhook("account-webhook-url", "mutate-core-platform-mesh-io-v1alpha1-account"),
              validateAccount: webhook("account-webhook-url", "validate-core-platform-mesh-io-v1alpha1-account"),
              validateIdentityProvider: webhook(
                "security-webhook-url",
                "validate-core-platform-mesh-io-v1alpha1-identityproviderconfiguration",
              ),
            },
          }
        : {}),
    };
    return {
      async run(signal) {
        const client = createClient(configFor(config, config.server.replace(/\/clusters\/.*$/, "")));
        try {
          await bootstrapPlatformMesh({
            client,
            settings,
            onStep: log,
            signal,
            async beforeOperators() {
              await applyServiceAccounts(client, await clusterOfPath(client, platformMeshPaths.system));
              const directory = flags.text("kubeconfig-directory");
              if (!directory) return;
              const { writeOperatorKubeconfigs } = await import("./write-kubeconfigs.ts");
              await writeOperatorKubeconfigs(directory, client, config);
            },
          });
          log("the topology stands");
          if (flags.on("once")) return;
          const following = followWelcomeClients(client, settings, (error) => log(String(error)));
          if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
          await following.stop();
        } finally {
          client.close();
        }
      },
    };
  },
};

function domainOf(flags: OperatorFlags) {
  const file = flags.text("domain-ca-file");
  return {
    baseDomain: flags.text("base-domain"),
    domainCa: file ? readOperatorFile(file, "--domain-ca-file") : "",
    registrationAllowed: flags.on("idp-registration-allowed"),
    unverifiedEmails: flags.on("development-allow-unverified-emails"),
  };
}

function certificateIn(directory: string, flag: string): { cert: string; key: string } {
  try {
    return { cert: readFileSync(join(directory, "tls.crt"), "utf8"), key: readFileSync(join(directory, "tls.key"), "utf8") };
  } catch (cause) {
    throw new OperatorError(`${flag} ${directory}: ${(cause as Error).message}`, "name a folder with tls.crt and tls.key", { cause });
  }
}

async function openWebhooks(
  flags: OperatorFlags,
  handlers: Parameters<typeof import("../platform/webhook-server.ts").openWebhookServer>[1],
) {
  if (!flags.on("webhooks-enabled")) return async () => {};
  const { openWebhookServer } = await import("../platform/webhook-server.ts");
  const certificate = certificateIn(flags.text("webhooks-cert-dir"), "--webhooks-cert-dir");
  const server = await openWebhookServer(certificate, handlers, {
    host: "0.0.0.0",
    port: flags.number("webhooks-port"),
  }).catch((cause: Error) => {
    throw new OperatorError(`the webhooks cannot be served: ${cause.message}`, "choose another --webhooks-port", { cause });
  });
  return () => server.close();
}
