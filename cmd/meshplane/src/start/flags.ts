/**
 * The flags of `meshplane start` and `kcp start`: upstream's names and forms (`--name value`, `--name=value`, `--switch`). What has no
 * meaning here is accepted and said; what would weaken security if it were silently ignored is refused.
 * @see spec apis-served; upstream's `kcp start options`
 */
import { accessFlags, defaultAccessFlags, requireSensibleAccess, type AccessFlags } from "./access-flags.ts";
import { isIP } from "node:net";
import { featureGates } from "./feature-gates.ts";
import { FlagError } from "./flag-error.ts";
import { defaultPlatformFlags, platformFlags, requireSensiblePlatform, type PlatformFlags } from "./platform-flags.ts";

export { FlagError };

export interface StartFlags extends AccessFlags, PlatformFlags {
  rootDirectory: string;
  bindAddress: string;
  /** 0 with `experimentalBindFreePort`: any free one */
  securePort: number;
  tokenAuthFile: string | undefined;
  clientCaFile: string | undefined;
  tlsCertFile: string | undefined;
  tlsPrivateKeyFile: string | undefined;
  auditPolicyFile: string | undefined;
  auditLogPath: string | undefined;
  auditLogFormat: "json" | "legacy";
  auditLogMode: "blocking" | "batch";
  /** MiB, 0: 100 */
  auditLogMaxSize: number;
  /** files, 0: all */
  auditLogMaxBackup: number;
  /** days, 0: for ever */
  auditLogMaxAge: number;
  auditLogCompress: boolean;
  featureGates: Record<string, boolean>;
  shardName: string;
  shardBaseUrl: string | undefined;
  shardExternalUrl: string | undefined;
  shardVirtualWorkspaceUrl: string | undefined;
  externalHostname: string | undefined;
  kubeconfigPath: string | undefined;
  etcdServers: string[];
  etcdPrefix: string;
  etcdCaFile: string | undefined;
  etcdCertFile: string | undefined;
  etcdKeyFile: string | undefined;
  batteriesIncluded: string[];
  enableHomeWorkspaces: boolean;
  homeCreatorGroups: string[];
  totalObjectLimit: number;
  /** `memory` keeps nothing; `embedded` is the default without --etcd-servers */
  store: "embedded" | "memory" | "etcd";
  /** of the servers before one etcd, who runs the controllers; undefined: each of them */
  leaderElection: { namespace: string; name: string } | undefined;
  verbosity: number;
  demo: boolean;
  quiet: boolean;
}

export interface ParsedFlags {
  flags: StartFlags;
  /** one line each, to be shown */
  notices: string[];
  help: boolean;
}

type Kind = "string" | "list" | "bool" | "int" | "map" | "duration";
interface Flag {
  kind: Kind;
  help: string;
  set(flags: StartFlags, value: string): void;
}

const int = (name: string, value: string): number => {
  if (!/^-?\d+$/.test(value)) throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": a whole number is wanted`);
  return Number(value);
};
const bool = (name: string, value: string): boolean => {
  if (/^(true|1|t)$/i.test(value)) return true;
  if (/^(false|0|f)$/i.test(value)) return false;
  throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": true or false is wanted`);
};
const natural = (name: string, value: string): number => {
  const number = int(name, value);
  if (number < 0) throw new FlagError(`--${name} ${value} is negative`);
  return number;
};
function oneOf<const T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": ${choices.join(" or ")} is wanted`);
  return found;
}
/** upstream's; what is not in the default changes nothing here */
const batteries = ["admin", "user", "workspace-types", "root-compute-workspace", "metrics-viewer"];
const list = (value: string): string[] => value.split(",").filter((part) => part !== "");

const known: Record<string, Flag> = {
  "root-directory": {
    kind: "string",
    help: "where the state and admin.kubeconfig are kept",
    set: (f, v) => {
      if (v === "") throw new FlagError("--root-directory is empty");
      f.rootDirectory = v;
    },
  },
  "bind-address": {
    kind: "string",
    help: "IP address to listen on",
    set: (f, v) => {
      if (isIP(v) === 0) throw new FlagError(`invalid argument ${JSON.stringify(v)} for "--bind-address": an IP address is wanted`);
      f.bindAddress = v;
    },
  },
  "secure-port": {
    kind: "int",
    help: "port to listen on (0: any free one)",
    set: (f, v) => {
      f.securePort = int("secure-port", v);
      if (f.securePort < 0 || f.securePort > 65535) throw new FlagError(`--secure-port ${v} is not between 0 and 65535`);
    },
  },
  "experimental-bind-free-port": {
    kind: "bool",
    help: "listen on any free port",
    set: (f, v) => void (bool("experimental-bind-free-port", v) && (f.securePort = 0)),
  },
  "token-auth-file": {
    kind: "string",
    help: 'CSV file of static tokens: token,user,uid,"group1,group2"',
    set: (f, v) => (f.tokenAuthFile = v),
  },
  "client-ca-file": { kind: "string", help: "CA bundle that signs client certificates", set: (f, v) => (f.clientCaFile = v) },
  "tls-cert-file": { kind: "string", help: "server certificate (default: generated)", set: (f, v) => (f.tlsCertFile = v) },
  "tls-private-key-file": { kind: "string", help: "its key", set: (f, v) => (f.tlsPrivateKeyFile = v) },
  "audit-policy-file": {
    kind: "string",
    help: "which requests are written to the audit log, and how much of them (default: the metadata of all)",
    set: (f, v) => (f.auditPolicyFile = v),
  },
  "audit-log-path": { kind: "string", help: "audit log file, - for standard output", set: (f, v) => (f.auditLogPath = v) },
  "audit-log-format": {
    kind: "string",
    help: "json (default) or legacy",
    set: (f, v) => (f.auditLogFormat = oneOf("audit-log-format", v, ["json", "legacy"] as const)),
  },
  "audit-log-mode": {
    kind: "string",
    help: "blocking (default): an event is written before its answer; batch: soon after",
    set: (f, v) => {
      const mode = oneOf("audit-log-mode", v, ["blocking", "blocking-strict", "batch"] as const);
      f.auditLogMode = mode === "batch" ? mode : "blocking";
    },
  },
  "audit-log-version": {
    kind: "string",
    help: "audit.k8s.io/v1",
    set: (_f, v) => void oneOf("audit-log-version", v, ["audit.k8s.io/v1"] as const),
  },
  "audit-log-maxsize": {
    kind: "int",
    help: "MiB after which a new audit log file is begun (default 100)",
    set: (f, v) => (f.auditLogMaxSize = natural("audit-log-maxsize", v)),
  },
  "audit-log-maxbackup": {
    kind: "int",
    help: "old audit log files kept (default 0: all)",
    set: (f, v) => (f.auditLogMaxBackup = natural("audit-log-maxbackup", v)),
  },
  "audit-log-maxage": {
    kind: "int",
    help: "days that old audit log files are kept (default 0: for ever)",
    set: (f, v) => (f.auditLogMaxAge = natural("audit-log-maxage", v)),
  },
  "audit-log-compress": {
    kind: "bool",
    help: "compress old audit log files",
    set: (f, v) => (f.auditLogCompress = bool("audit-log-compress", v)),
  },
  "feature-gates": {
    kind: "map",
    help: "comma separated name=true|false",
    set: (f, v) => {
      for (const pair of list(v)) {
        const at = pair.indexOf("=");
        if (at < 0) throw new FlagError(`invalid argument ${JSON.stringify(v)} for "--feature-gates": missing bool value for ${pair}`);
        f.featureGates[pair.slice(0, at).trim()] = bool("feature-gates", pair.slice(at + 1).trim());
      }
    },
  },
  "shard-name": { kind: "string", help: "name of this shard", set: (f, v) => (f.shardName = v) },
  "shard-base-url": { kind: "string", help: "URL of this shard", set: (f, v) => (f.shardBaseUrl = v) },
  "shard-external-url": { kind: "string", help: "URL that clients outside use", set: (f, v) => (f.shardExternalUrl = v) },
  "shard-virtual-workspace-url": { kind: "string", help: "URL of the virtual workspaces", set: (f, v) => (f.shardVirtualWorkspaceUrl = v) },
  "external-hostname": {
    kind: "string",
    help: "host name in URLs handed out and in the server certificate",
    set: (f, v) => (f.externalHostname = v),
  },
  "kubeconfig-path": {
    kind: "string",
    help: "where to write the admin kubeconfig (default: admin.kubeconfig in the root directory)",
    set: (f, v) => (f.kubeconfigPath = v),
  },
  "etcd-servers": {
    kind: "list",
    help: "etcd endpoints, comma separated; default: the embedded store",
    set: (f, v) => (f.etcdServers = list(v)),
  },
  "etcd-prefix": { kind: "string", help: "prefix of all keys in etcd", set: (f, v) => (f.etcdPrefix = v) },
  "etcd-cafile": { kind: "string", help: "CA of etcd", set: (f, v) => (f.etcdCaFile = v) },
  "etcd-certfile": { kind: "string", help: "client certificate for etcd", set: (f, v) => (f.etcdCertFile = v) },
  "etcd-keyfile": { kind: "string", help: "its key", set: (f, v) => (f.etcdKeyFile = v) },
  ...accessFlags,
  "batteries-included": {
    kind: "list",
    help: "default objects: admin, workspace-types (default both); +x and -x change the default",
    set: (f, v) => {
      const names = list(v);
      const unknown = names.map((n) => n.replace(/^[+-]/, "")).find((n) => !batteries.includes(n));
      if (unknown !== undefined) throw new FlagError(`unknown battery: ${unknown}`);
      const plain = names.filter((n) => !/^[+-]/.test(n));
      const chosen = new Set(plain.length ? plain : f.batteriesIncluded);
      for (const n of names) {
        if (n.startsWith("+")) chosen.add(n.slice(1));
        if (n.startsWith("-")) chosen.delete(n.slice(1));
      }
      f.batteriesIncluded = [...chosen];
    },
  },
  "enable-home-workspaces": {
    kind: "bool",
    help: "a private workspace for each user (default true)",
    set: (f, v) => (f.enableHomeWorkspaces = bool("enable-home-workspaces", v)),
  },
  "home-workspaces-home-creator-groups": {
    kind: "list",
    help: "whose home workspaces are made",
    set: (f, v) => (f.homeCreatorGroups = list(v)),
  },
  "logical-cluster-total-object-limit": {
    kind: "int",
    help: "objects allowed in a logical cluster; 0: no limit",
    set: (f, v) => (f.totalObjectLimit = int("logical-cluster-total-object-limit", v)),
  },
  store: {
    kind: "string",
    help: "embedded (default) or memory",
    set: (f, v) => {
      if (v !== "embedded" && v !== "memory" && v !== "etcd")
        throw new FlagError(`invalid argument ${JSON.stringify(v)} for "--store": embedded or memory is wanted`);
      f.store = v;
    },
  },
  "enable-leader-election": {
    kind: "bool",
    help: "of the servers before one etcd, one runs the controllers (default true)",
    set: (f, v) => {
      if (!bool("enable-leader-election", v)) f.leaderElection = undefined;
    },
  },
  "leader-election-namespace": {
    kind: "string",
    help: "namespace of the Lease, in system:admin (default kube-system)",
    set: (f, v) => f.leaderElection && (f.leaderElection = { ...f.leaderElection, namespace: v }),
  },
  "leader-election-name": {
    kind: "string",
    help: "name of the Lease (default kcp-controllers)",
    set: (f, v) => f.leaderElection && (f.leaderElection = { ...f.leaderElection, name: v }),
  },
  v: { kind: "int", help: "verbosity of the log; 0 to 4", set: (f, v) => (f.verbosity = int("v", v)) },
  demo: {
    kind: "bool",
    help: "sample content: organizations, people and a provider; without the Platform Mesh layer, the story of a provider and a consumer",
    set: (f, v) => (f.demo = bool("demo", v)),
  },
  quiet: { kind: "bool", help: "print no more than one line when ready", set: (f, v) => (f.quiet = bool("quiet", v)) },
};

/** Upstream's flags that change nothing here. Switches are marked; the others take a value. */
const withoutEffect = new Set(
  `conversion-cel-transformation-timeout logical-cluster-object-count-scan-interval miniproxy-mapping-file mount-proxy-client-cert-file
  mount-proxy-client-key-file profiler-address root-shard-kubeconfig-file shard-client-cert-file shard-client-key-file
  shard-kubeconfig-file shard-virtual-workspace-ca-file logical-cluster-admin-kubeconfig external-logical-cluster-admin-kubeconfig
  emulated-version goaway-chance livez-grace-period shutdown-delay-duration shutdown-watch-termination-grace-period
  storage-initialization-timeout etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval
  etcd-healthcheck-timeout etcd-readycheck-timeout etcd-servers-overrides lease-reuse-duration-seconds storage-backend
  storage-media-type watch-cache-sizes cert-dir http2-max-streams-per-connection audit-log-batch-buffer-size
  audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst audit-log-batch-throttle-qps 
  audit-log-truncate-max-batch-size
  audit-log-truncate-max-event-size debug-socket-path service-account-max-token-expiration allow-metric-labels
  allow-metric-labels-manifest disabled-metrics show-hidden-metrics-for-version log-flush-frequency logging-format vmodule
  coordinated-leadership-lease-duration coordinated-leadership-renew-deadline coordinated-leadership-retry-period event-ttl
  max-connection-bytes-per-sec embedded-etcd-client-port embedded-etcd-directory embedded-etcd-listen-metrics-urls
  embedded-etcd-peer-port embedded-etcd-quota-backend-bytes embedded-etcd-wal-size-bytes concurrent-serviceaccount-token-syncs
  authentication-admin-token-path unsupported-run-individual-controllers`.split(/\s+/),
);
const switchesWithoutEffect = new Set(
  `shutdown-send-retry-after encryption-provider-config-automatic-reload watch-cache disable-http2-serving permit-address-sharing
  permit-port-sharing audit-log-batch-throttle-enable audit-log-truncate-enabled contention-profiling profiling
  service-account-extend-token-expiration service-account-lookup enable-logs-handler embedded-etcd-force-new-cluster
  run-controllers run-virtual-workspaces`.split(/\s+/),
);
/** Ignoring these would be a lie about who may do what. */
const refused = new Set(
  `root-identities-file encryption-provider-config enable-bootstrap-token-auth
  service-account-issuer service-account-jwks-uri service-account-key-file service-account-signing-key-file
  service-account-private-key-file service-account-signing-endpoint audit-webhook-config-file tls-cipher-suites tls-min-version tls-sni-cert-key
  tls-curve-preferences cors-allowed-origins strict-transport-security-directives api-audiences cache-kubeconfig tracing-config-file
  proxy-client-cert-file proxy-client-key-file root-ca-file`.split(/\s+/),
);

export const defaultFlags = (rootDirectory: string): StartFlags => ({
  ...defaultAccessFlags,
  ...defaultPlatformFlags,
  rootDirectory,
  bindAddress: "127.0.0.1",
  securePort: 6443,
  tokenAuthFile: undefined,
  clientCaFile: undefined,
  tlsCertFile: undefined,
  tlsPrivateKeyFile: undefined,
  auditPolicyFile: undefined,
  auditLogPath: undefined,
  auditLogFormat: "json",
  auditLogMode: "blocking",
  auditLogMaxSize: 0,
  auditLogMaxBackup: 0,
  auditLogMaxAge: 0,
  auditLogCompress: false,
  featureGates: {},
  shardName: "root",
  shardBaseUrl: undefined,
  shardExternalUrl: undefined,
  shardVirtualWorkspaceUrl: undefined,
  externalHostname: undefined,
  kubeconfigPath: undefined,
  etcdServers: [],
  etcdPrefix: "/meshplane",
  etcdCaFile: undefined,
  etcdCertFile: undefined,
  etcdKeyFile: undefined,
  batteriesIncluded: ["admin", "workspace-types"],
  enableHomeWorkspaces: true,
  homeCreatorGroups: ["system:authenticated"],
  totalObjectLimit: 0,
  store: "embedded",
  leaderElection: { namespace: "kube-system", name: "kcp-controllers" },
  verbosity: 1,
  demo: false,
  quiet: false,
});

/** @param platform flags of the Platform Mesh layer are taken too. @throws FlagError with a sentence for the operator */
export function parseFlags(argv: readonly string[], defaults: StartFlags, platform = false): ParsedFlags {
  const flags = { ...defaults, featureGates: { ...defaults.featureGates } };
  const taken = flagsOf(platform);
  const notices: string[] = [];
  let help = false;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "-h" || argument === "--help") {
      help = true;
      continue;
    }
    const short = /^-v(=?)(\d+)?$/.exec(argument);
    const match = /^--([a-z0-9-]+)(?:=([\s\S]*))?$/i.exec(argument);
    if (!match && !short)
      throw new FlagError(argument.startsWith("-") ? `unknown flag: ${argument}` : `unexpected argument ${JSON.stringify(argument)}`);
    const name = short ? "v" : match![1]!;
    let value = short ? short[2] : match![2];
    const flag = Object.hasOwn(taken, name) ? taken[name] : undefined;
    const isSwitch = flag ? flag.kind === "bool" : switchesWithoutEffect.has(name);
    if (!flag && !isSwitch && !withoutEffect.has(name) && !refused.has(name)) throw new FlagError(`unknown flag: --${name}`);
    if (refused.has(name)) throw new FlagError(`--${name} is not supported: ignoring it could let in, or keep out, the wrong people`);
    if (value === undefined) {
      if (isSwitch) value = "true";
      else {
        value = argv[++i];
        if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      }
    }
    if (flag) flag.set(flags, value);
    else
      notices.push(
        `--${name} has no effect: ${name.startsWith("embedded-etcd") ? "there is no embedded etcd, the embedded store is part of this program" : "nothing here needs it"}`,
      );
  }
  const gates = featureGates(flags.featureGates);
  if (gates.refused.length > 0)
    throw new FlagError(`--feature-gates: ${gates.refused.join(", ")} is not supported: nothing stands behind it here`);
  if (gates.ignored.length > 0) notices.push(`--feature-gates: ${gates.ignored.join(", ")} has no effect: nothing here needs it`);
  requireSensibleAccess(flags);
  requireSensiblePlatform(flags);
  if (flags.etcdServers.length > 0) flags.store = "etcd";
  if (flags.store === "etcd" && flags.etcdServers.length === 0) throw new FlagError("--store etcd needs --etcd-servers");
  for (const endpoint of flags.etcdServers)
    if (!/^(https?:\/\/)?(\[[\da-f:.]+\]|[\w.-]+):\d+\/?$/i.test(endpoint))
      throw new FlagError(`invalid argument ${JSON.stringify(endpoint)} for "--etcd-servers": https://host:port is wanted`);
  if ((flags.etcdCertFile === undefined) !== (flags.etcdKeyFile === undefined))
    throw new FlagError("--etcd-certfile and --etcd-keyfile go together");
  if ((flags.tlsCertFile === undefined) !== (flags.tlsPrivateKeyFile === undefined))
    throw new FlagError("--tls-cert-file and --tls-private-key-file go together");
  return { flags, notices, help };
}

const flagsOf = (platform: boolean): Record<string, Flag> => (platform ? { ...known, ...platformFlags } : known);

/** What `--help` prints. */
export function flagsHelp(platform = false): string {
  const rows = Object.entries(flagsOf(platform)).map(([name, flag]) => [
    `      --${name}${flag.kind === "bool" ? "" : ` ${flag.kind}`}`,
    flag.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length)) + 3;
  return rows.map(([left, right]) => left!.padEnd(width) + right).join("\n");
}
