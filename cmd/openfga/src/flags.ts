import type { Limits } from "@meshplane/rebac";

/** The flags of `openfga run`: upstream's names, values and environment variables. */
export interface Flags {
  httpAddress: string;
  httpEnabled: boolean;
  httpTls: { enabled: boolean; cert: string; key: string };
  grpcAddress: string;
  grpcTls: { enabled: boolean; cert: string; key: string };
  authnMethod: string;
  presharedKeys: string[];
  datastoreEngine: string;
  datastoreUri: string;
  limits: Partial<Limits>;
}

export interface ParsedFlags {
  flags: Flags;
  /** one line each, to be shown */
  notices: string[];
  help: boolean;
}

export class FlagError extends Error {}

interface Flag {
  kind: "string" | "bool" | "list" | "int" | "duration";
  help: string;
  set: (flags: Flags, value: string) => void;
}

const whole = (name: string, value: string): number => {
  if (!/^\d{1,15}$/.test(value)) throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": a whole number is wanted`);
  return Number(value);
};

const isTrue = (name: string, value: string): boolean => {
  if (!/^(true|false|t|f|1|0)$/i.test(value))
    throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": true or false is wanted`);
  return /^(true|t|1)$/i.test(value);
};

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const milliseconds = (name: string, value: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  if (!match) throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": a duration such as 3s is wanted`);
  return Number(match[1]) * units[match[2]!]!;
};

const limit = (name: keyof Limits, flag: string, help: string, endless = false): Flag => ({
  kind: "int",
  help,
  set: (flags, value) => {
    const number = whole(flag, value);
    flags.limits[name] = endless && number === 0 ? Infinity : number;
  },
});

const known: Record<string, Flag> = {
  "http-addr": {
    kind: "string",
    help: 'host:port of the HTTP API (default "0.0.0.0:8080")',
    set: (flags, value) => (flags.httpAddress = value),
  },
  "http-enabled": {
    kind: "bool",
    help: "serve the HTTP API (default true)",
    set: (flags, value) => (flags.httpEnabled = isTrue("http-enabled", value)),
  },
  "http-tls-enabled": {
    kind: "bool",
    help: "serve the HTTP API over TLS",
    set: (flags, value) => (flags.httpTls.enabled = isTrue("http-tls-enabled", value)),
  },
  "http-tls-cert": { kind: "string", help: "file of the certificate", set: (flags, value) => (flags.httpTls.cert = value) },
  "http-tls-key": { kind: "string", help: "file of its key", set: (flags, value) => (flags.httpTls.key = value) },
  "grpc-addr": {
    kind: "string",
    help: 'host:port of the gRPC API (default "0.0.0.0:8081")',
    set: (flags, value) => (flags.grpcAddress = value),
  },
  "grpc-tls-enabled": {
    kind: "bool",
    help: "serve the gRPC API over TLS",
    set: (flags, value) => (flags.grpcTls.enabled = isTrue("grpc-tls-enabled", value)),
  },
  "grpc-tls-cert": { kind: "string", help: "file of the certificate", set: (flags, value) => (flags.grpcTls.cert = value) },
  "grpc-tls-key": { kind: "string", help: "file of its key", set: (flags, value) => (flags.grpcTls.key = value) },
  "authn-method": {
    kind: "string",
    help: 'who may ask: "none" (default) or "preshared"',
    set: (flags, value) => (flags.authnMethod = value),
  },
  "authn-preshared-keys": {
    kind: "list",
    help: "keys that callers give as bearer tokens; safer in OPENFGA_AUTHN_PRESHARED_KEYS",
    set: (flags, value) => flags.presharedKeys.push(...value.split(",").filter((key) => key !== "")),
  },
  "datastore-engine": {
    kind: "string",
    help: '"memory" (default, keeps nothing) or "sqlite"',
    set: (flags, value) => (flags.datastoreEngine = value),
  },
  "datastore-uri": {
    kind: "string",
    help: "the data file, as a path or file: URI; our own format, not upstream's",
    set: (flags, value) => (flags.datastoreUri = value),
  },
  "max-tuples-per-write": limit("tuplesPerWrite", "max-tuples-per-write", "default 100"),
  "max-types-per-authorization-model": limit("typesPerModel", "max-types-per-authorization-model", "default 100"),
  "max-authorization-model-size-in-bytes": limit("modelBytes", "max-authorization-model-size-in-bytes", "default 262144"),
  "max-checks-per-batch-check": limit("checksPerBatch", "max-checks-per-batch-check", "default 50"),
  "max-condition-evaluation-cost": limit("conditionCost", "max-condition-evaluation-cost", "default 100"),
  "resolve-node-limit": limit("resolutionDepth", "resolve-node-limit", "how deep one question may go (default 25)"),
  "listObjects-max-results": limit("listResults", "listObjects-max-results", "also of listed users (default 1000); 0 is no limit", true),
  "listObjects-deadline": {
    kind: "duration",
    help: "also of listed users (default 3s)",
    set: (flags, value) => (flags.limits.listMs = milliseconds("listObjects-deadline", value)),
  },
};

/** Accepted because deployments pass them; nothing here needs them. By the start of their names. */
const withoutEffect = [
  "log-",
  "playground-",
  "metrics-",
  "trace-",
  "profiler-",
  "check-",
  "cache-",
  "listObjects-",
  "listUsers-",
  "list-objects-",
  "readChanges-max-page-size",
  "changelog-horizon-offset",
  "context-propagation-to-datastore",
  "datastore-conn-",
  "datastore-max-",
  "datastore-min-",
  "datastore-metrics-enabled",
  "datastore-throttling",
  "dispatch-",
  "max-concurrent-",
  "planner-",
  "request-",
  "resolve-node-breadth-limit",
  "shared-iterator-",
  "shutdown-timeout",
  "http-upstream-timeout",
  "http-cors-",
  "grpc-max-recv-msg-bytes",
  "experimentals",
];
const switches = /-enabled$|-rpc-histograms$|^context-propagation/;

const isWithoutEffect = (name: string): boolean =>
  withoutEffect.some((start) => name === start || (start.endsWith("-") && name.startsWith(start)));

const environmentName = (flag: string): string =>
  `OPENFGA_${flag
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toUpperCase()}`;

/** Flags win over the environment. @throws FlagError */
export function parseFlags(args: readonly string[], environment: NodeJS.ProcessEnv): ParsedFlags {
  const flags: Flags = {
    httpAddress: "0.0.0.0:8080",
    httpEnabled: true,
    httpTls: { enabled: false, cert: "", key: "" },
    grpcAddress: "0.0.0.0:8081",
    grpcTls: { enabled: false, cert: "", key: "" },
    authnMethod: "none",
    presharedKeys: [],
    datastoreEngine: "memory",
    datastoreUri: "",
    limits: {},
  };
  const notices: string[] = [];
  const given = new Map<string, string[]>();
  let help = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--help" || arg === "-h") {
      help = true;
      continue;
    }
    const match = /^--([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(arg);
    if (!match) throw new FlagError(`unknown command or argument ${JSON.stringify(arg)}`);
    const name = match[1]!;
    const flag = Object.hasOwn(known, name) ? known[name]! : undefined;
    const idle = flag === undefined && isWithoutEffect(name);
    if (flag === undefined && !idle) throw new FlagError(`unknown flag: --${name}`);
    let value = match[2];
    if (value === undefined) {
      if (flag ? flag.kind === "bool" : switches.test(name)) value = "true";
      else if (i + 1 < args.length) value = args[++i]!;
      else throw new FlagError(`flag needs an argument: --${name}`);
    }
    if (idle) notices.push(`--${name} has no effect here`);
    else given.set(name, [...(given.get(name) ?? []), value]);
  }
  for (const [name, flag] of Object.entries(known)) {
    const fromEnvironment = environment[environmentName(name)];
    for (const value of given.get(name) ?? (fromEnvironment === undefined ? [] : [fromEnvironment])) flag.set(flags, value);
  }
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("OPENFGA_") || Object.keys(known).some((flag) => environmentName(flag) === name)) continue;
    notices.push(`${name} has no effect here`);
  }
  if (!help) requireSense(flags);
  return { flags, notices, help };
}

/** What would weaken security or lose data if it were silently ignored is refused. */
function requireSense(flags: Flags): void {
  if (flags.authnMethod !== "none" && flags.authnMethod !== "preshared")
    throw new FlagError(`authentication method ${JSON.stringify(flags.authnMethod)} is not offered: use "none" or "preshared"`);
  if (flags.authnMethod === "preshared" && flags.presharedKeys.length === 0)
    throw new FlagError("invalid auth configuration, please specify at least one key");
  if (flags.datastoreEngine !== "memory" && flags.datastoreEngine !== "sqlite")
    throw new FlagError(`storage engine ${JSON.stringify(flags.datastoreEngine)} is not offered: use "memory" or "sqlite"`);
  if (flags.datastoreEngine === "sqlite" && flags.datastoreUri === "") throw new FlagError('storage engine "sqlite" needs --datastore-uri');
  for (const [name, tls] of [
    ["http", flags.httpTls],
    ["grpc", flags.grpcTls],
  ] as const) {
    if (tls.enabled && (tls.cert === "" || tls.key === ""))
      throw new FlagError(`--${name}-tls-cert and --${name}-tls-key must be given when --${name}-tls-enabled is`);
  }
}

export function usage(): string {
  const lines = Object.entries(known).map(
    ([name, { kind, help }]) => `      --${`${name} ${kind === "bool" ? "" : kind}`.padEnd(48)} ${help}`,
  );
  return `Usage:
  openfga run [flags]

Flags (each also as an environment variable, --http-addr as OPENFGA_HTTP_ADDR):
${lines.join("\n")}

Upstream's other flags are accepted and have no effect.`;
}

/** `host:port`, `:port` or `[::1]:port`. @throws FlagError */
export function parseAddress(flag: string, address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new FlagError(`invalid argument ${JSON.stringify(address)} for "--${flag}": host:port is wanted`);
  return { host: (match[1] ?? match[2]) || "0.0.0.0", port };
}

/** A path, or a `file:` URI as SQLite reads it. */
export function dataFile(uri: string): string {
  if (!uri.startsWith("file:")) return uri;
  const path = uri.slice("file:".length).split("?")[0]!;
  return decodeURIComponent(path.startsWith("//") ? path.replace(/^\/\/(localhost)?/, "") : path);
}
