/** `meshplane login`: signing in for kubectl. */
import { runGetToken } from "./get-token.ts";

const usage = `Usage: meshplane login <command>

  get-token    a token for kubectl, by browser or device; what kubeconfigs call
  kubeconfig   write a kubeconfig for a workspace of an organization

meshplane login <command> --help lists the flags.`;

export async function runLogin([command, ...rest]: string[]): Promise<number> {
  if (command === "get-token") return runGetToken(rest);
  if (command === "kubeconfig") return (await import("./login-kubeconfig.ts")).runLoginKubeconfig(rest);
  if (command === undefined || command === "--help" || command === "-h" || command === "help") return (console.log(usage), 0);
  throw new Error(`unknown command ${JSON.stringify(command)}\n${usage}`);
}
