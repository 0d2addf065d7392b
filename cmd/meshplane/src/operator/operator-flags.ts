/** Flags of `meshplane operator <name>`: upstream's names where upstream has them. @see spec platform-mesh/accounts §6, security §13 */
import { FlagError } from "../start/flag-error.ts";

export const operatorFaces = ["platform-mesh", "account", "security", "providers"] as const;
export type OperatorFace = (typeof operatorFaces)[number];

interface Flag {
  /** a switch may stand without a value */
  kind: "string" | "bool" | "int" | "list";
  /** empty: none */
  default: string;
  help: string;
}

const string = (help: string, value = ""): Flag => ({ kind: "string", default: value, help });
const list = (help: string, value = ""): Flag => ({ kind: "list", default: value, help });
const int = (help: string, value: number): Flag => ({ kind: "int", default: String(value), help });
const bool = (help: string, value = false): Flag => ({ kind: "bool", default: String(value), help });

const ofAll = {
  kubeconfig: string("kubeconfig whose server is any workspace of the installation (default: KUBECONFIG)"),
  "health-probe-bind-address": string("host:port of /healthz and /readyz; 0: not served", ":8090"),
  "metrics-bind-address": string("host:port of /metrics; the same as the probes' is fine; 0: not served", ":9090"),
  "leader-elect": bool("of several processes one works, whoever holds the Lease in root:platform-mesh-system"),
  "leader-elect-namespace": string("namespace of the Lease", "default"),
};
const webhooks = {
  "webhooks-enabled": bool("serve the admission webhooks"),
  "webhooks-port": int("port of the admission webhooks", 9443),
  "webhooks-cert-dir": string("folder with tls.crt and tls.key", "certs"),
};
const domain = {
  "base-domain": string("host[:port] of the portal", "portal.localhost:8443"),
  "domain-ca-file": string("CA of the base domain's certificate (default: public authorities)"),
  "idp-registration-allowed": bool("people may make themselves an account in the identity provider"),
  "development-allow-unverified-emails": bool("mail addresses count though nobody has verified them"),
};

const flagsOf = {
  "platform-mesh": {
    ...ofAll,
    ...domain,
    "kubeconfig-directory": string("where to write a kubeconfig for each operator, with the token of its service account"),
    "account-webhook-url": string("https URL where the account operator's webhooks are reached"),
    "security-webhook-url": string("https URL where the security operator's webhooks are reached"),
    "webhooks-ca-file": string("CA of the webhooks' certificates"),
    "idp-welcome-additional-redirect-uris": list("further redirect URIs of client welcome"),
    "idp-welcome-additional-post-logout-redirect-uris": list("further post-logout redirect URIs of client welcome"),
    once: bool("end when the topology stands"),
  },
  account: {
    ...ofAll,
    ...webhooks,
    "webhooks-deny-list": list("names that no organization may have"),
    "webhooks-additional-account-types": list("account types besides org"),
    "kcp-api-export-endpoint-slice-name": string("the export's endpoint slice", "core.platform-mesh.io"),
  },
  security: {
    ...ofAll,
    ...webhooks,
    ...domain,
    "openfga-url": string("HTTP API of the OpenFGA server"),
    "openfga-token-file": string("file with the pre-shared key for it"),
    "identity-file": string("serve the development issuer from this file"),
    "identity-bind-address": string("host:port of the development issuer", "127.0.0.1:8443"),
    "identity-cert-dir": string("folder with its tls.crt and tls.key", "certs"),
    "user-claim": string("claim that names the user", "email"),
    "group-claim": string("claim that lists the groups", "groups"),
    "allow-member-tuples-enabled": bool("everybody who signs in to an organization is its member"),
    "additional-audiences": list("further audiences of tokens"),
    "idp-additional-redirect-urls": list("further redirect URLs of an organization's client"),
    "idp-kubectl-client-redirect-urls": list("redirect URLs of client kubectl", "http://localhost:8000,http://localhost:18000"),
    "idp-realm-deny-list": list("realms that nobody may have"),
  },
  providers: {
    ...ofAll,
    "kcp-url": string("base of the URLs in the providers' kubeconfigs (default: that of --kubeconfig)"),
    "runtime-kubeconfig": string("cluster with Flux whose ManagedProviders are looked after too (default: none)"),
  },
} satisfies Record<OperatorFace, Record<string, Flag>>;

export type FlagName = { [Face in OperatorFace]: keyof (typeof flagsOf)[Face] }[OperatorFace];

/** What was given or is the default; asked for by name. */
export class OperatorFlags {
  readonly #known: Record<string, Flag>;
  readonly #given = new Map<string, string>();
  readonly help: boolean = false;

  /** @throws FlagError */
  constructor(face: OperatorFace, argv: readonly string[]) {
    this.#known = flagsOf[face];
    for (let at = 0; at < argv.length; at++) {
      const argument = argv[at]!;
      if (argument === "-h" || argument === "--help") {
        this.help = true;
        continue;
      }
      const [, name, inline] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
      if (name === undefined)
        throw new FlagError(argument.startsWith("-") ? `unknown flag: ${argument}` : `unexpected argument ${JSON.stringify(argument)}`);
      const flag = Object.hasOwn(this.#known, name) ? this.#known[name] : undefined;
      if (!flag) throw new FlagError(`unknown flag: --${name}`);
      const value = inline ?? (flag.kind === "bool" ? "true" : argv[++at]);
      if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      if (flag.kind === "bool" && !/^(true|false)$/.test(value))
        throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": true or false is wanted`);
      if (flag.kind === "int" && !(/^\d{1,5}$/.test(value) && Number(value) <= 65_535))
        throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": a port is wanted`);
      this.#given.set(name, value);
    }
  }

  text(name: FlagName): string {
    return this.#given.get(name) ?? this.#known[name]!.default;
  }
  on(name: FlagName): boolean {
    return this.text(name) === "true";
  }
  number(name: FlagName): number {
    return Number(this.text(name));
  }
  list(name: FlagName): string[] {
    return this.text(name)
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  }

  /** @throws FlagError without it */
  required(name: FlagName): string {
    const text = this.text(name);
    if (text === "") throw new FlagError(`--${name} is required`);
    return text;
  }

  describe(): string {
    return Object.entries(this.#known)
      .map(
        ([name, { kind, default: value, help }]) =>
          `  --${name.padEnd(44)} ${help}${value && kind !== "bool" ? ` (default ${value})` : ""}`,
      )
      .join("\n");
  }
}
