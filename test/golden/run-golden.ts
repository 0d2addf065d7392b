/** Replays the recorded answers of a real server against ours, and counts. The recordings lie beside the project, in ../shared/golden, or in $MESHPLANE_GOLDEN. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { repository, startServer } from "../support/start-server.ts";

export interface GoldenCount {
  file: string;
  steps: number;
  stepsRecorded: number;
  scenarios: number;
  scenariosRecorded: number;
}

export const goldenFolder = process.env.MESHPLANE_GOLDEN ?? join(repository, "..", "shared", "golden");
export const haveGolden = (): boolean => existsSync(join(goldenFolder, "golden.mjs"));

export const goldenFiles = (): string[] =>
  readdirSync(join(goldenFolder, "scenarios"))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.replace(/\.json$/, ""))
    .sort();

/** What the runner says of the failed scenarios of a file: a line each, with what differs below it. */
export const failuresOf = (file: string, output: string): string[] =>
  output.match(/^FAIL .*(?:\n(?:  .*)?$)*/gm)?.filter((failure) => failure.startsWith(`FAIL ${file}/`)) ?? [];

/** @returns counts per file, and everything that the runner printed */
export async function runGolden(files: readonly string[]): Promise<{ counts: GoldenCount[]; output: string }> {
  const server = await startServer({ flags: ["--token-auth-file", join(goldenFolder, "tokens.csv")] });
  try {
    const output = await run(process.execPath, [
      join(goldenFolder, "golden.mjs"),
      "check",
      "--kubeconfig",
      server.kubeconfig,
      "--verbose",
      "1",
      ...files.map((name) => join(goldenFolder, "scenarios", `${name}.json`)),
    ]);
    const counts = [...output.matchAll(/^([\w-]+): (\d+) of (\d+) steps, (\d+) of (\d+) scenarios$/gm)].map((m) => ({
      file: m[1]!,
      steps: Number(m[2]),
      stepsRecorded: Number(m[3]),
      scenarios: Number(m[4]),
      scenariosRecorded: Number(m[5]),
    }));
    return { counts, output: `${output}\n${server.output().slice(-4000)}` };
  } finally {
    await server.stop("SIGKILL");
  }
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => resolve(output)); // failed scenarios are no failure here: the counts decide
  });
}
