import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { decodeYaml } from "@meshplane/apimachinery";
import { type ClientConfig, type Credentials, type CredentialSource } from "../client-config.ts";
import { execCredentials } from "./exec-credentials.ts";
import { KubeconfigError, type Kubeconfig, type KubeconfigCluster, type KubeconfigUser } from "./kubeconfig.ts";

export interface LoadKubeconfigOptions {
  /** a file; by default the files of KUBECONFIG, then ~/.kube/config, then a Pod's service account */
  path?: string;
  /** the file's current-context by default */
  context?: string;
}

export interface LoadedKubeconfig {
  config: ClientConfig;
  /** the context's; "default" when it names none */
  namespace: string;
}

const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
/** The kubelet renews projected tokens long before they end. */
const tokenFileMaxAgeMs = 60_000;

/**
 * Finds and reads a kubeconfig as kubectl does; of several files the first that has an entry wins.
 * @throws KubeconfigError
 */
export async function loadKubeconfig(options: LoadKubeconfigOptions = {}): Promise<LoadedKubeconfig> {
  if (options.path !== undefined) return readContext([await readKubeconfig(options.path)], options.context);
  const listed = process.env["KUBECONFIG"]?.split(delimiter).filter((path) => path !== "") ?? [];
  const files: { path: string; kubeconfig: Kubeconfig }[] = [];
  for (const path of listed.length > 0 ? listed : [join(homedir(), ".kube", "config")]) {
    try {
      files.push(await readKubeconfig(path));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  if (files.length > 0) return readContext(files, options.context);
  const host = process.env["KUBERNETES_SERVICE_HOST"];
  if (host && listed.length === 0) return inPod(host, process.env["KUBERNETES_SERVICE_PORT"] ?? "443");
  throw new KubeconfigError(`no kubeconfig: ${listed.join(delimiter) || "~/.kube/config"} does not exist`);
}

/** The text of a kubeconfig; `directory` is what its relative file names start from. @throws KubeconfigError */
export function parseKubeconfig(text: string, options: { directory?: string; context?: string } = {}): Promise<LoadedKubeconfig> {
  const file = { path: join(options.directory ?? ".", "kubeconfig"), kubeconfig: decode(text, "kubeconfig") };
  return readContext([file], options.context);
}

async function readKubeconfig(path: string): Promise<{ path: string; kubeconfig: Kubeconfig }> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new KubeconfigError(`cannot read kubeconfig ${path}: ${(error as Error).message}`, { cause: error });
  }
  return { path, kubeconfig: decode(text, path) };
}

function decode(text: string, path: string): Kubeconfig {
  try {
    const { value } = decodeYaml(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not a map");
    return value as Kubeconfig;
  } catch (error) {
    throw new KubeconfigError(`kubeconfig ${path}: ${(error as Error).message}`, { cause: error });
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof KubeconfigError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";

async function readContext(files: { path: string; kubeconfig: Kubeconfig }[], wanted: string | undefined): Promise<LoadedKubeconfig> {
  const find = <T extends { name: string }>(entries: (kubeconfig: Kubeconfig) => T[] | undefined, name: string) => {
    for (const { path, kubeconfig } of files) {
      const entry = entries(kubeconfig)?.find((candidate) => candidate.name === name);
      if (entry) return { entry, directory: dirname(resolve(path)) };
    }
    return undefined;
  };
  const name = wanted ?? files.map(({ kubeconfig }) => kubeconfig["current-context"]).find((current) => current);
  if (!name) throw new KubeconfigError(`kubeconfig ${files[0]!.path} has no current-context`);
  const context = find((kubeconfig) => kubeconfig.contexts, name)?.entry.context;
  if (!context) throw new KubeconfigError(`kubeconfig ${files[0]!.path} has no context "${name}"`);
  const cluster = find((kubeconfig) => kubeconfig.clusters, context.cluster);
  if (!cluster) throw new KubeconfigError(`context "${name}" names cluster "${context.cluster}", which is not there`);
  const user = context.user === undefined ? undefined : find((kubeconfig) => kubeconfig.users, context.user);
  if (context.user && !user) throw new KubeconfigError(`context "${name}" names user "${context.user}", which is not there`);

  const base = await clusterConfig(cluster.entry.cluster, cluster.directory, context.cluster);
  const config = user ? await withUser(base, user.entry.user, user.directory, cluster.entry.cluster) : base;
  return { config, namespace: context.namespace || "default" };
}

async function clusterConfig(cluster: KubeconfigCluster, directory: string, name: string): Promise<ClientConfig> {
  if (!cluster.server) throw new KubeconfigError(`cluster "${name}" has no server`);
  if (cluster["proxy-url"]) throw new KubeconfigError(`cluster "${name}": proxy-url is not supported`);
  const ca = await dataOrFile(cluster, "certificate-authority", directory);
  return {
    server: /^https?:\/\//.test(cluster.server) ? cluster.server : `https://${cluster.server}`,
    ...(ca ? { ca } : {}),
    ...(cluster["insecure-skip-tls-verify"] ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster["tls-server-name"] ? { tlsServerName: cluster["tls-server-name"] } : {}),
  };
}

async function withUser(config: ClientConfig, user: KubeconfigUser, directory: string, cluster: KubeconfigCluster): Promise<ClientConfig> {
  if (user["auth-provider"]) throw new KubeconfigError("auth-provider is not supported; use exec");
  const cert = await dataOrFile(user, "client-certificate", directory);
  const key = await dataOrFile(user, "client-key", directory);
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeconfigError("client-certificate and client-key go together");
  }
  const certificate = cert && key ? { certificate: { cert, key } } : {};
  const credentials = source(user, certificate, directory, cluster);
  return {
    ...config,
    ...(credentials ? { credentials } : {}),
    ...(user.as
      ? {
          impersonate: {
            user: user.as,
            ...(user["as-uid"] ? { uid: user["as-uid"] } : {}),
            ...(user["as-groups"] ? { groups: user["as-groups"] } : {}),
            ...(user["as-user-extra"] ? { extra: user["as-user-extra"] } : {}),
          },
        }
      : {}),
  };
}

/** kubectl's order: a token, user and password, then the plugin. A certificate is shown in any case. */
function source(
  user: KubeconfigUser,
  certificate: Credentials,
  directory: string,
  cluster: KubeconfigCluster,
): CredentialSource | undefined {
  const fixed = (credentials: Credentials): CredentialSource => ({
    get: () => Promise.resolve(credentials),
    rejected: () => false,
  });
  if (user.tokenFile) return tokenFile(resolve(directory, user.tokenFile), certificate);
  if (user.token) return fixed({ ...certificate, authorization: `Bearer ${user.token}` });
  if (user.username) {
    const basic = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
    return fixed({ ...certificate, authorization: `Basic ${basic}` });
  }
  if (user.exec) {
    // A command with a slash is relative to the kubeconfig, others are looked up in PATH.
    const { exec } = user;
    const command = /[/\\]/.test(exec.command) ? resolve(directory, exec.command) : exec.command;
    const info = {
      server: cluster.server,
      ...(cluster["tls-server-name"] ? { "tls-server-name": cluster["tls-server-name"] } : {}),
      ...(cluster["insecure-skip-tls-verify"] ? { "insecure-skip-tls-verify": true } : {}),
      ...(cluster["certificate-authority-data"] ? { "certificate-authority-data": cluster["certificate-authority-data"] } : {}),
    };
    return execCredentials({ ...exec, command }, info, undefined);
  }
  return certificate.certificate ? fixed(certificate) : undefined;
}

function tokenFile(path: string, certificate: Credentials): CredentialSource {
  let known: { token: string; read: number } | undefined;
  return {
    async get() {
      if (!known || Date.now() - known.read > tokenFileMaxAgeMs) {
        known = { token: (await readFile(path, "utf8")).trim(), read: Date.now() };
      }
      return { ...certificate, authorization: `Bearer ${known.token}` };
    },
    rejected() {
      const old = known;
      known = undefined;
      // a token that was read a moment ago will be the same
      return old !== undefined && Date.now() - old.read > 1000;
    },
  };
}

async function dataOrFile<K extends "certificate-authority" | "client-certificate" | "client-key">(
  entry: { [key in K | `${K}-data`]?: string },
  name: K,
  directory: string,
): Promise<string | undefined> {
  const data = entry[`${name}-data`];
  if (data) return Buffer.from(data, "base64").toString("utf8");
  const file = entry[name];
  if (!file) return undefined;
  try {
    return await readFile(resolve(directory, file), "utf8");
  } catch (error) {
    throw new KubeconfigError(`cannot read ${name} ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** The service account of the Pod that we run in. */
async function inPod(host: string, port: string): Promise<LoadedKubeconfig> {
  const namespace = await readFile(join(serviceAccountDirectory, "namespace"), "utf8").catch(() => "default");
  return {
    config: {
      server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      ca: await readFile(join(serviceAccountDirectory, "ca.crt"), "utf8"),
      credentials: tokenFile(join(serviceAccountDirectory, "token"), {}),
    },
    namespace: namespace.trim(),
  };
}
