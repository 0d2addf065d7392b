import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ChildOrders } from "./store-child.ts";

const childFile = fileURLToPath(new URL("store-child.ts", import.meta.url));

export interface ChildRun {
  /** whole lines only: what the kill cut off was not said */
  lines: string[];
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

export interface RunOptions {
  orders: ChildOrders;
  ordersFile: string;
  /** milliseconds after the start, or after the child said it is ready, until SIGKILL; absent: the child ends by itself */
  kill?: { after: "start" | "ready"; ms: number };
  /** a program and its arguments in front of Node's */
  wrapper?: readonly string[];
}

/** Runs the store child to its end. */
export function runChild({ orders, ordersFile, kill, wrapper = [] }: RunOptions): Promise<ChildRun> {
  writeFileSync(ordersFile, JSON.stringify(orders));
  const [command, ...args] = [...wrapper, process.execPath, childFile, ordersFile];
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"] });
  let timer: NodeJS.Timeout | undefined;
  const killIn = (ms: number): void => {
    timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
  };
  if (kill?.after === "start") killIn(kill.ms);
  const chunks: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (kill?.after === "ready" && !timer && chunk.includes("R\n")) killIn(kill.ms);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString();
      resolve({
        lines: text
          .slice(0, text.lastIndexOf("\n") + 1)
          .split("\n")
          .filter(Boolean),
        code,
        signal,
        stderr,
      });
    });
  });
}
