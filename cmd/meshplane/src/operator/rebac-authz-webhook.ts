/** `meshplane operator rebac-authz-webhook`: the authorization webhook as a process of its own, in front of any kcp. @see spec platform-mesh/authz-webhook §8 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { LogicalCluster } from "@meshplane/apis";
import { organizationsStoreName, platformMeshPaths, type RelationshipStore } from "@meshplane/apis/platform-mesh";
import { parseGoDuration } from "@meshplane/apiserver";
import { configFor, createClient, type HttpMultiClusterClient, loadKubeconfig } from "@meshplane/client";
import { apiExportProvider, UnknownClusterError } from "@meshplane/multicluster-provider";
import { remoteOpenFga } from "@meshplane/rebac";
import { AccountDirectory, openAuthzWebhook, type ResourceShape, type ShapeOf } from "@meshplane/rebac-authorizer";
import { FlagError } from "../start/flag-error.ts";
import { OperatorError } from "../start/operator-error.ts";
import { splitAddress } from "../start/platform-flags.ts";
import { readOperatorFile } from "../start/read-operator-file.ts";
import { waitForSignals } from "../start/signals.ts";

const flags: Record<string, [value: string, help: string]> = {
  kubeconfig: ["", "kubeconfig whose server is any workspace of the installation (default: KUBECONFIG)"],
  "openfga-addr": ["openfga.platform-mesh-system:8080", "OpenFGA's HTTP API: host:port, or a URL for https"],
  "openfga-token-file": ["", "file with the pre-shared key for it"],
  "webhook-bind-address": [":9443", "host:port where the webhook is served"],
  "webhook-cert-dir": ["config", "folder with tls.crt and tls.key"],
  "webhook-cluster-key": ["authorization.kubernetes.io/cluster-name", "extra of the user that names the logical cluster"],
  "webhook-allowed-nonresource-prefixes": ["/api,/openapi,/version", "paths that begin so are open to everybody"],
  "webhook-cache-miss-max-retries": ["1", "how often a logical cluster that is not known is worth another try"],
  "webhook-cache-miss-ttl": ["5m", "within this time"],
  "webhook-cache-miss-cleanup-interval": ["2m", "how often what was missed is forgotten"],
  "webhook-cache-miss-retry-after": ["1s", "what the caller is told to wait"],
  "kcp-api-export-endpoint-slice-name": ["core.platform-mesh.io", "the export's endpoint slice"],
  "health-probe-bind-address": [":8090", "host:port of /healthz and /readyz; 0: not served"],
  "metrics-bind-address": [":9090", "host:port of /metrics; 0: not served"],
};

const core = "core.platform-mesh.io";
const stores = { group: core, version: "v1alpha1", resource: "stores" };
const logicalClusters = { group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" };

/** @returns the exit code @throws FlagError, OperatorError */
export async function runRebacAuthzWebhook(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      help: { type: "boolean", short: "h" },
      strict: { type: "boolean" },
      ...Object.fromEntries(Object.keys(flags).map((name) => [name, { type: "string" as const }])),
    },
  });
  if (values["help"]) {
    const lines = Object.entries(flags).map(
      ([name, [value, help]]) => `  --${name.padEnd(38)} ${help}${value ? ` (default ${value})` : ""}`,
    );
    lines.push(`  --${"strict".padEnd(38)} narrower than upstream: discovery for who is signed in, ids with namespaces`);
    console.log(`Usage:\n  meshplane operator rebac-authz-webhook [flags]\n\nFlags:\n${lines.join("\n")}`);
    return 0;
  }
  const given = values as Record<string, string | boolean | undefined>;
  const text = (name: string): string => String(given[name] ?? flags[name]![0]);
  const duration = (name: string): number => {
    const parsed = parseGoDuration(text(name));
    if ("error" in parsed) throw new FlagError(`invalid argument ${JSON.stringify(text(name))} for "--${name}" flag: ${parsed.error}`);
    return parsed.ms;
  };
  const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
  const onError = (error: unknown): void => log(String(error));

  const path = text("kubeconfig");
  const { config: found } = await loadKubeconfig(path ? { path } : {}).catch((cause: Error) => {
    throw new OperatorError(cause.message, "name one with --kubeconfig", { cause });
  });
  const root = found.server.replace(/\/(clusters|services)\/.*$/, "").replace(/\/+$/, "");
  const config = { ...configFor(found, `${root}/clusters/${platformMeshPaths.system}`), userAgent: "rebac-authz-webhook" };
  const client = createClient(configFor(config, root));
  const address = text("openfga-addr");
  const tokenFile = text("openfga-token-file");
  const token = tokenFile && readOperatorFile(tokenFile, "--openfga-token-file").trim();
  const fga = remoteOpenFga({ url: address.includes("://") ? address : `http://${address}`, ...(token ? { token } : {}) });

  const provider = apiExportProvider({ config, endpointSlice: text("kcp-api-export-endpoint-slice-name"), onError });
  const organizationsCluster = (): string | undefined => provider.engaged(platformMeshPaths.organizations)?.name;
  const directory = new AccountDirectory({
    async readLogicalCluster(cluster) {
      if (!provider.engaged(cluster)) return undefined;
      const found = await present(() =>
        provider.client.cluster(cluster).resource<LogicalCluster & KubeObject>(logicalClusters).get("cluster"),
      );
      return found && { path: found.metadata.annotations?.["kcp.io/path"] ?? "", ownerCluster: found.spec?.owner?.cluster };
    },
    async readStoreId(organization) {
      const cluster = organizationsCluster();
      if (cluster === undefined) return undefined;
      return (await present(() => provider.client.cluster(cluster).resource<RelationshipStore>(stores).get(organization)))?.status?.storeId;
    },
  });
  provider.source.subscribe({ group: core, resource: "stores" }, ({ key }) => directory.forgetStore(key.name));
  await provider.start();
  log(`serves ${provider.describe()}`);
  // an engine that is not there yet is no reason to end
  await Promise.resolve()
    .then(() => fga.listStores({ name: organizationsStoreName }))
    .then(({ stores: found }) => found.length === 0 && log(`OpenFGA has no store ${organizationsStoreName} yet`), onError);

  const [bind, cert] = [splitAddress("webhook-bind-address", text("webhook-bind-address")), text("webhook-cert-dir")];
  const webhook = await openAuthzWebhook({
    parts: {
      fga,
      directory,
      shapeOf: shapesByDiscovery(client),
      organizationsCluster,
      openPrefixes: text("webhook-allowed-nonresource-prefixes").split(",").filter(Boolean),
      strict: given["strict"] === true,
    },
    tls: certificateIn(cert),
    listen: text("webhook-bind-address").startsWith(":") ? { host: "0.0.0.0", port: bind.port } : bind,
    clusterKey: text("webhook-cluster-key"),
    clusterOfPath: (workspace) => provider.engaged(workspace)?.name,
    notReady: () => (organizationsCluster() === undefined ? `${platformMeshPaths.organizations} is not there yet` : undefined),
    missRetries: Number(text("webhook-cache-miss-max-retries")),
    missTtlMs: duration("webhook-cache-miss-ttl"),
    missCleanupMs: duration("webhook-cache-miss-cleanup-interval"),
    missRetryAfterMs: duration("webhook-cache-miss-retry-after"),
    log,
  });
  try {
    for (const [flag, serve] of [
      ["health-probe-bind-address", webhook.serveHealth],
      ["metrics-bind-address", webhook.serveMetrics],
    ] as const) {
      if (text(flag) === "0") continue;
      const { host, port } = splitAddress(flag, text(flag));
      await serve(text(flag).startsWith(":") ? "0.0.0.0" : host, port);
    }
    log(`webhook at ${webhook.url}/authz`);
    await waitForSignals();
    return 0;
  } finally {
    await webhook.close();
    await provider.stop();
    client.close();
    await fga.close();
  }
}

function certificateIn(directory: string): { cert: string; key: string } {
  try {
    return { cert: readFileSync(join(directory, "tls.crt"), "utf8"), key: readFileSync(join(directory, "tls.key"), "utf8") };
  } catch (cause) {
    throw new OperatorError(`--webhook-cert-dir ${directory}: ${(cause as Error).message}`, "name a folder with tls.crt and tls.key", {
      cause,
    });
  }
}

const shapesMax = 20_000;
const shapeKeptMs = 60_000;

/** What is served in a logical cluster, by its discovery, which is open to everybody there. */
function shapesByDiscovery(client: HttpMultiClusterClient): ShapeOf {
  const kept = new Map<string, { shape: ResourceShape; until: number }>();
  return (cluster, group, version, resource) => {
    const key = JSON.stringify([cluster, group, version, resource]);
    const known = kept.get(key);
    if (known && known.until > Date.now()) return known.shape;
    return discover(cluster, group, version, resource).then((shape) => {
      if (!shape) return undefined;
      if (kept.size >= shapesMax) kept.delete(kept.keys().next().value!);
      kept.set(key, { shape, until: Date.now() + shapeKeptMs });
      return shape;
    });
  };

  async function discover(cluster: string, group: string, version: string, resource: string): Promise<ResourceShape | undefined> {
    const read = (path: string) => present(() => client.cluster(cluster).request({ method: "GET", path }));
    const versions = version !== "" ? [version] : group === "" ? ["v1"] : await versionsOf();
    for (const one of versions) {
      const path = group === "" ? `/api/${encodeURIComponent(one)}` : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(one)}`;
      const list = (await read(path)) as unknown as
        | { resources?: { name: string; singularName?: string; kind: string; namespaced: boolean }[] }
        | undefined;
      const found = list?.resources?.find(({ name }) => name === resource);
      if (found) return { singular: found.singularName || found.kind.toLowerCase(), namespaced: found.namespaced };
    }
    return undefined;

    async function versionsOf(): Promise<string[]> {
      const found = (await read(`/apis/${encodeURIComponent(group)}`)) as unknown as { versions?: { version: string }[] } | undefined;
      return (found?.versions ?? []).map((each) => each.version);
    }
  }
}

/** undefined for what is not there, or not ours */
async function present<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnknownClusterError || hasReason(error, "NotFound") || hasReason(error, "Forbidden")) return undefined;
    throw error;
  }
}
