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

/** A single etcd on ports of its own, with its data in a temporary directory. */
export class EtcdProcess {
  readonly endpoint: string;
  readonly #binary: string;
  readonly #directory: string;
  readonly #peer: string;
  #child: ChildProcess | undefined;

  private constructor(binary: string, port: number, peerPort: number) {
    this.#binary = binary;
    this.#directory = mkdtempSync(join(tmpdir(), "meshplane-etcd-"));
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#peer = `http://127.0.0.1:${peerPort}`;
  }

  static async start(binary: string): Promise<EtcdProcess> {
    const etcd = new EtcdProcess(binary, await freePort(), await freePort());
    await etcd.start();
    return etcd;
  }

  /** Starts it, again after a kill, and waits until it is healthy. */
  async start(): Promise<void> {
    const flags = {
      name: "test",
      "data-dir": this.#directory,
      "listen-client-urls": this.endpoint,
      "advertise-client-urls": this.endpoint,
      "listen-peer-urls": this.#peer,
      "initial-advertise-peer-urls": this.#peer,
      "initial-cluster": `test=${this.#peer}`,
      "log-level": "error",
    };
    const child = spawn(
      this.#binary,
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
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
      const response = await fetch(`${this.endpoint}/health`, { signal: AbortSignal.timeout(1_000) });
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
