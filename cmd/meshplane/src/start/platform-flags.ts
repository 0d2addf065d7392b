/** Flags of the Platform Mesh layer: what `meshplane start` takes beside those of `kcp start`. */
import { FlagError } from "./flag-error.ts";

export interface PlatformFlags {
  /** undefined: as the program and the store suggest */
  platformMesh: boolean | undefined;
  baseDomain: string | undefined;
  /** 0: any free one; undefined: the base domain's */
  identityPort: number | undefined;
  openfgaUrl: string | undefined;
  openfgaTokenFile: string | undefined;
  openfgaHttpAddr: string | undefined;
  openfgaGrpcAddr: string | undefined;
  keycloakBaseUrl: string | undefined;
  keycloakClientId: string;
  keycloakClientSecretFile: string | undefined;
  domainCaFile: string | undefined;
  idpRegistrationAllowed: boolean;
}

export const defaultPlatformFlags: PlatformFlags = {
  platformMesh: undefined,
  baseDomain: undefined,
  identityPort: undefined,
  openfgaUrl: undefined,
  openfgaTokenFile: undefined,
  openfgaHttpAddr: undefined,
  openfgaGrpcAddr: undefined,
  keycloakBaseUrl: undefined,
  keycloakClientId: "security-operator",
  keycloakClientSecretFile: undefined,
  domainCaFile: undefined,
  idpRegistrationAllowed: true,
};

export const defaultBaseDomain = "portal.localhost:8443";

/** `host[:port]`, port 443 when it is not said. @throws FlagError */
export function splitBaseDomain(text: string): { host: string; port: number } {
  const [, host, port] = /^([a-z\d](?:[a-z\d.-]*[a-z\d])?)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (!host || Number(port) > 65_535)
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "--base-domain": host or host:port is wanted`);
  return { host: host.toLowerCase(), port: port === undefined ? 443 : Number(port) };
}

/** `host:port`; without a host, this machine alone. @throws FlagError */
export function splitAddress(flag: string, text: string): { host: string; port: number } {
  const [, host, port] = /^(?:\[?([\da-z.:-]*?)\]?:)?(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "--${flag}": host:port is wanted`);
  return { host: host || "127.0.0.1", port: Number(port) };
}

interface Flag {
  kind: "string" | "bool" | "int";
  help: string;
  set(flags: PlatformFlags, value: string): void;
}

const bool = (name: string, value: string): boolean => {
  if (!/^(true|false|t|f|1|0)$/i.test(value))
    throw new FlagError(`invalid argument ${JSON.stringify(value)} for "--${name}": true or false is wanted`);
  return /^(true|t|1)$/i.test(value);
};

export const platformFlags: Record<string, Flag> = {
  "platform-mesh": {
    kind: "bool",
    help: "organizations, accounts, relationship-based access and sign-in on the control plane (default true; false with --etcd-servers)",
    set: (f, v) => (f.platformMesh = bool("platform-mesh", v)),
  },
  "base-domain": {
    kind: "string",
    help: `host[:port] of the portal, below which people sign in (default ${defaultBaseDomain})`,
    set(f, v) {
      splitBaseDomain(v);
      f.baseDomain = v;
    },
  },
  "identity-port": {
    kind: "int",
    help: "port of the sign-in pages (default: the base domain's; 0: any free one)",
    set(f, v) {
      if (!/^\d{1,5}$/.test(v) || Number(v) > 65_535) throw new FlagError(`--identity-port ${v} is not between 0 and 65535`);
      f.identityPort = Number(v);
    },
  },
  "idp-registration-allowed": {
    kind: "bool",
    help: "people may make themselves an account in the welcome realm (default true)",
    set: (f, v) => (f.idpRegistrationAllowed = bool("idp-registration-allowed", v)),
  },
  "keycloak-base-url": {
    kind: "string",
    help: "a Keycloak that people sign in with, instead of the embedded issuer; https, without /realms",
    set(f, v) {
      if (!URL.canParse(v) || !/^https?:$/.test(new URL(v).protocol))
        throw new FlagError(`invalid argument ${JSON.stringify(v)} for "--keycloak-base-url": a URL is wanted`);
      f.keycloakBaseUrl = v;
    },
  },
  "keycloak-client-id": {
    kind: "string",
    help: "client of its master realm that may manage realms (default security-operator); its secret: --keycloak-client-secret-file or KEYCLOAK_CLIENT_SECRET",
    set: (f, v) => (f.keycloakClientId = v),
  },
  "keycloak-client-secret-file": { kind: "string", help: "file with that secret", set: (f, v) => (f.keycloakClientSecretFile = v) },
  "domain-ca-file": {
    kind: "string",
    help: "CA that signs the base domain's certificate, when a Keycloak is there (default: public authorities)",
    set: (f, v) => (f.domainCaFile = v),
  },
  "openfga-url": {
    kind: "string",
    help: "an OpenFGA server for the relationships, instead of the embedded engine",
    set(f, v) {
      if (!URL.canParse(v) || !/^https?:$/.test(new URL(v).protocol))
        throw new FlagError(`invalid argument ${JSON.stringify(v)} for "--openfga-url": a URL is wanted`);
      f.openfgaUrl = v;
    },
  },
  "openfga-token-file": { kind: "string", help: "file with the pre-shared key for it", set: (f, v) => (f.openfgaTokenFile = v) },
  "openfga-http-addr": {
    kind: "string",
    help: "host:port to serve the embedded engine's OpenFGA HTTP API at; anybody who reaches it may change who may do what (default: not served)",
    set(f, v) {
      splitAddress("openfga-http-addr", v);
      f.openfgaHttpAddr = v;
    },
  },
  "openfga-grpc-addr": {
    kind: "string",
    help: "the same for its gRPC API",
    set(f, v) {
      splitAddress("openfga-grpc-addr", v);
      f.openfgaGrpcAddr = v;
    },
  },
};

/** What cannot be meant together. @throws FlagError */
export function requireSensiblePlatform(flags: PlatformFlags): void {
  if (flags.openfgaTokenFile && !flags.openfgaUrl) throw new FlagError("--openfga-token-file needs --openfga-url");
  if (flags.openfgaUrl && (flags.openfgaHttpAddr || flags.openfgaGrpcAddr))
    throw new FlagError("--openfga-http-addr and --openfga-grpc-addr serve the embedded engine, which --openfga-url replaces");
  if (flags.keycloakClientSecretFile && !flags.keycloakBaseUrl)
    throw new FlagError("--keycloak-client-secret-file needs --keycloak-base-url");
  if (flags.keycloakBaseUrl) throw new FlagError("--keycloak-base-url is not supported yet: people sign in with the embedded issuer");
  if (flags.keycloakBaseUrl && flags.identityPort !== undefined)
    throw new FlagError("--identity-port is of the embedded issuer, which --keycloak-base-url replaces");
}
