/** Where a kubeconfig's server points: `https://host/clusters/<path>`. */
export interface WorkspaceUrl {
  /** everything before `/clusters/` */
  base: string;
  /** undefined when the URL is none of a workspace */
  path: string | undefined;
}

export function parseWorkspaceUrl(server: string): WorkspaceUrl {
  const at = server.indexOf("/clusters/");
  if (at < 0) return { base: server.replace(/\/+$/, ""), path: undefined };
  const path = server.slice(at + "/clusters/".length).split("/")[0]!;
  return { base: server.slice(0, at), path: decodeURIComponent(path) };
}

/** What a user types after `ws`, against where he is: `:root:a` absolute, `..` up, `a:b` below. @throws Error */
export function resolveWorkspacePath(current: string, typed: string): string {
  if (typed === ":") return current.split(":")[0]!;
  let parts: string[];
  if (typed.startsWith(":")) parts = typed.slice(1).split(":");
  else if (typed.startsWith("root:") || typed === "root") parts = typed.split(":");
  else {
    parts = current.split(":");
    for (const step of typed.split(/[:/]/)) {
      if (step === "..") {
        if (parts.length === 1) throw new Error(`${current} has no parent`);
        parts.pop();
      } else if (step !== "." && step !== "") parts.push(step);
    }
  }
  if (parts.some((part) => !/^[a-z0-9][a-z0-9-]*$/.test(part))) throw new Error(`${JSON.stringify(typed)} is no workspace path`);
  return parts.join(":");
}
