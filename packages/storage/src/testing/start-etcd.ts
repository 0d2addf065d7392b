import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEtcd, findEtcd } from "./etcd-binary.ts";

/**
 * The etcd for a test, or why the test is skipped. Where CI is set nothing is skipped: etcd is built when it is missing, and the test fails
 * when that fails.
 */
export function etcdForTests(): { binary: string } | { skip: string } {
  const found = findEtcd();
  if (found !== undefined) return { binary: found };
  if (process.env.CI) return { binary: buildEtcd() };
  return { skip: "no etcd: set ETCD to one, put it on the PATH, or run tools/etcd/build.ts (it needs Go)" };
}

/** PEM files with which clients are served over TLS; who has no certificate of the authority is turned away. */
export interface EtcdServingFiles {
  ca: string;
  cert: string;
  key: string;
}

interface Member {
  name: string;
  client: number;
  peer: number;
  health: number;
}

/** One etcd on ports of its own, with its data in a temporary directory: alone, or a member of a cluster. */
export class EtcdProcess {
  readonly endpoint: string;
  readonly #binary: string;
  readonly #directory: string;
  readonly #flags: Record<string, string>;
  readonly #health: string;
  #child: ChildProcess | undefined;

  private constructor(binary: string, self: Member, all: readonly Member[], tls: EtcdServingFiles | undefined) {
    this.#binary = binary;
    this.#directory = mkdtempSync(join(tmpdir(), "meshplane-etcd-"));
    this.endpoint = `${tls ? "https" : "http"}://127.0.0.1:${self.client}`;
    this.#health = `http://127.0.0.1:${self.health}`;
    const peer = (member: Member): string => `http://127.0.0.1:${member.peer}`;
    this.#flags = {
      name: self.name,
      "data-dir": this.#directory,
      "listen-client-urls": this.endpoint,
      "advertise-client-urls": this.endpoint,
      "listen-peer-urls": peer(self),
      "initial-advertise-peer-urls": peer(self),
      "initial-cluster": all.map((member) => `${member.name}=${peer(member)}`).join(","),
      "listen-metrics-urls": this.#health,
      "log-level": "error",
      ...(tls ? { "cert-file": tls.cert, "key-file": tls.key, "trusted-ca-file": tls.ca, "client-cert-auth": "true" } : {}),
    };
  }

  static async start(binary: string): Promise<EtcdProcess> {
    return (await EtcdProcess.startCluster(binary, 1))[0]!;
  }

  /** Members that know each other, all healthy. */
  static async startCluster(binary: string, size: number, tls?: EtcdServingFiles): Promise<EtcdProcess[]> {
    const members: Member[] = [];
    for (let i = 0; i < size; i++)
      members.push({ name: `test-${i}`, client: await freePort(), peer: await freePort(), health: await freePort() });
    const cluster = members.map((self) => new EtcdProcess(binary, self, members, tls));
    await Promise.all(cluster.map((etcd) => etcd.start()));
    return cluster;
  }

  /** Starts it, again after a kill, and waits until it is healthy. */
  async start(): Promise<void> {
    const child = spawn(
      this.#binary,
      Object.entries(this.#flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child = child;
    let log = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4_000)));
    let failure: string | undefined;
    child.once("error", (error) => (failure = error.message));
    child.once("exit", (code) => (failure ??= `etcd ended with ${code}: ${log}`));
    for (const end = Date.now() + 20_000; !(await this.#healthy());) {
      if (failure !== undefined || Date.now() > end) throw new Error(failure ?? `etcd is not healthy: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** SIGKILL, as a power failure of the process. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #healthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#health}/health`, { signal: AbortSignal.timeout(1_000) });
      return response.ok && ((await response.json()) as { health: string }).health === "true";
    } catch {
      return false;
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
