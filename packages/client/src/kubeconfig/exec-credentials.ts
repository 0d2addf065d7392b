import { execFile } from "node:child_process";
import { decodeJson } from "@meshplane/apimachinery";
import type { Credentials, CredentialSource } from "../client-config.ts";
import { KubeconfigError, type ExecPlugin } from "./kubeconfig.ts";

/** Before a credential ends, so that no request is on its way with one that has ended. */
const earlyMs = 10_000;
const pluginTimeoutMs = 120_000;

interface ExecCredential {
  kind?: string;
  apiVersion?: string;
  status?: {
    expirationTimestamp?: string;
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
  };
}

/**
 * Credentials from a program, which is run when there are none yet, when they are about to end and when the server has refused them.
 * @see k8s.io client authentication v1 ExecCredential
 */
export function execCredentials(plugin: ExecPlugin, clusterInfo: object | undefined, directory: string | undefined): CredentialSource {
  let known: { credentials: Credentials; until: number } | undefined;
  let running: Promise<Credentials> | undefined;
  return {
    get() {
      if (known && Date.now() < known.until) return Promise.resolve(known.credentials);
      return (running ??= run().finally(() => (running = undefined)));
    },
    rejected() {
      if (!known) return false;
      known = undefined;
      return true;
    },
  };

  async function run(): Promise<Credentials> {
    const info = {
      apiVersion: plugin.apiVersion,
      kind: "ExecCredential",
      spec: {
        interactive: plugin.interactiveMode !== "Never" && process.stdin.isTTY === true,
        ...(plugin.provideClusterInfo && clusterInfo ? { cluster: clusterInfo } : {}),
      },
    };
    const env: NodeJS.ProcessEnv = { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    for (const { name, value } of plugin.env ?? []) env[name] = value;
    const output = await new Promise<string>((resolve, reject) => {
      const child = execFile(
        plugin.command,
        plugin.args ?? [],
        {
          env,
          timeout: pluginTimeoutMs,
          maxBuffer: 4 * 1024 * 1024,
          ...(directory ? { cwd: directory } : {}),
        },
        (error, stdout, stderr) => {
          if (!error) return resolve(stdout);
          const hint = (error as NodeJS.ErrnoException).code === "ENOENT" ? plugin.installHint : undefined;
          const why = stderr.trim() || error.message;
          const message = `credential plugin ${plugin.command} failed: ${why}${hint ? `\n${hint}` : ""}`;
          reject(new KubeconfigError(message, { cause: error }));
        },
      );
      child.stdin?.on("error", () => {});
      child.stdin?.end();
    });
    const answer = readAnswer(output);
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status ?? {};
    const credentials: Credentials = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(cert && key ? { certificate: { cert, key } } : {}),
    };
    if (!credentials.authorization && !credentials.certificate) {
      throw new KubeconfigError(`credential plugin ${plugin.command} gave neither a token nor a certificate with its key`);
    }
    const ends = expirationTimestamp ? Date.parse(expirationTimestamp) : Infinity;
    known = { credentials, until: (Number.isNaN(ends) ? Infinity : ends) - earlyMs };
    return credentials;
  }

  function readAnswer(output: string): ExecCredential {
    let answer: ExecCredential;
    try {
      answer = decodeJson(output).value as ExecCredential;
    } catch (error) {
      throw new KubeconfigError(`credential plugin ${plugin.command} did not print JSON`, { cause: error });
    }
    if (answer?.kind !== "ExecCredential" || answer.apiVersion !== plugin.apiVersion) {
      throw new KubeconfigError(
        `credential plugin ${plugin.command} printed ${answer?.apiVersion} ${answer?.kind}, not ${plugin.apiVersion} ExecCredential`,
      );
    }
    return answer;
  }
}
