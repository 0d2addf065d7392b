/** Runs the real kubectl against a server of ours. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { repository } from "./start-server.ts";

export const haveKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

export interface KubectlAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** a cache of discovery of its own: tests must not learn from one another */
const cacheDirectory = mkdtempSync(join(tmpdir(), "meshplane-kubectl-"));

export interface KubectlOptions {
  /** workspace path; the kubeconfig's own by default */
  workspace?: string;
  input?: string;
  timeoutMs?: number;
}

export function kubectl(
  server: { kubeconfig: string; url: string },
  args: readonly string[],
  { workspace, input, timeoutMs = 60_000 }: KubectlOptions = {},
): Promise<KubectlAnswer> {
  const where = workspace ? ["--server", `${server.url}/clusters/${workspace}`] : [];
  return run("kubectl", ["--cache-dir", cacheDirectory, ...where, ...args], server.kubeconfig, input, timeoutMs);
}

/** A line of shell as a user types it, with bin/ on the PATH and KUBECONFIG set. */
export const shell = (server: { kubeconfig: string }, line: string, timeoutMs = 60_000): Promise<KubectlAnswer> =>
  run("sh", ["-c", line], server.kubeconfig, undefined, timeoutMs);

function run(command: string, args: string[], kubeconfig: string, input: string | undefined, timeoutMs: number): Promise<KubectlAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig, PATH: `${join(repository, "bin")}${delimiter}${process.env.PATH}` },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, stdout, stderr });
    });
    child.stdin.on("error", () => {}); // it ended before it read all
    child.stdin.end(input ?? "");
  });
}
