/** Starts one of bin/ on a port and a folder of its own, as a user would, and waits until it is ready. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const repository = join(import.meta.dirname, "..", "..");

export interface RunningServer {
  readonly kubeconfig: string;
  readonly url: string;
  readonly rootDirectory: string;
  readonly process: ChildProcess;
  /** from the start of the process until /readyz said ok */
  readonly readyMs: number;
  /** what it printed so far */
  output(): string;
  /** one signal, then waits for the end; the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface StartOptions {
  binary?: "kcp" | "meshplane";
  flags?: string[];
  /** kept when given; otherwise a temporary folder that goes with the process */
  rootDirectory?: string;
  readyWithinMs?: number;
  /** stop waiting for /readyz when it has printed this */
  until?: RegExp;
}

export async function startServer(options: StartOptions = {}): Promise<RunningServer> {
  const temporary = options.rootDirectory === undefined;
  const rootDirectory = options.rootDirectory ?? mkdtempSync(join(tmpdir(), "meshplane-test-"));
  const kubeconfig = join(rootDirectory, "admin.kubeconfig");
  rmSync(kubeconfig, { force: true });
  const started = performance.now();
  const child = spawn(
    join(repository, "bin", options.binary ?? "kcp"),
    ["start", "--root-directory", rootDirectory, "--secure-port", "0", ...identityPort(options), ...(options.flags ?? [])],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

  const deadline = started + (options.readyWithinMs ?? 60_000);
  let url = "";
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output}`);
    if (options.until?.test(output)) break;
    if (existsSync(kubeconfig)) url = /server: (https:\/\/[^/\s]+)$/m.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";
    if (url && (await isReady(url))) break;
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`the server was not ready in time:\n${output}`);
    }
    await sleep(10);
  }
  return {
    kubeconfig,
    url,
    rootDirectory,
    process: child,
    readyMs: performance.now() - started,
    output: () => output,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const code = await ended;
      if (temporary) rmSync(rootDirectory, { recursive: true, force: true });
      return code;
    },
  };
}

const identityPort = ({ binary, flags = [] }: StartOptions): string[] =>
  binary === "meshplane" && !flags.some((flag) => flag.startsWith("--identity-port")) ? ["--identity-port", "0"] : [];

/** The certificate is not looked at: only whether somebody answers that it is ready. */
export function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request(`${url}/readyz`, { rejectUnauthorized: false, timeout: 1000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    probe.on("error", () => resolve(false));
    probe.on("timeout", () => probe.destroy());
    probe.end();
  });
}
