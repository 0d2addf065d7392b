import { joinClusterPath, StatusError, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "./session.ts";

const resource = { group: "tenancy.kcp.io", version: "v1alpha1", resource: "workspaces" };
const readyMsMax = 60_000;

export const workspacesIn = (session: Session, path: string) => session.at(path).resource<Workspace & KubeObject>(resource);

export interface CreateOptions {
  type?: string;
  ignoreExisting?: boolean;
  locationSelector?: string;
}

/** Creates it and waits until it is Ready. @throws Error, StatusError */
export async function createWorkspace(
  session: Session,
  parent: string,
  name: string,
  options: CreateOptions,
): Promise<{ workspace: Workspace; existed: boolean }> {
  const workspaces = workspacesIn(session, parent);
  const type = options.type ? parseType(options.type) : undefined;
  const wanted = {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "Workspace",
    metadata: { name },
    spec: {
      ...(type ? { type } : {}),
      ...(options.locationSelector ? { location: { selector: { matchLabels: parseLabels(options.locationSelector) } } } : {}),
    },
  } as Workspace & KubeObject;
  const started = performance.now();
  let existed = false;
  try {
    await workspaces.create(wanted);
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === "AlreadyExists" && options.ignoreExisting)) throw error;
    existed = true;
    const existing = await workspaces.get(name);
    if (type && existing.spec?.type?.name !== type.name)
      throw new Error(
        `workspace ${JSON.stringify(name)} exists, but is of type ${existing.spec?.type?.path}:${existing.spec?.type?.name}`,
        { cause: error },
      );
  }
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 500)) {
    const workspace = await workspaces.get(name);
    if (workspace.status?.phase === "Ready") return { workspace, existed };
    if (performance.now() - started > readyMsMax) {
      const why = workspace.status?.conditions?.find(({ status }) => status === "False")?.message;
      throw new Error(
        `workspace ${JSON.stringify(name)} was created, but is not ready after ${readyMsMax / 1000} s: phase ${workspace.status?.phase ?? "unknown"}${why ? `, ${why}` : ""}`,
      );
    }
    await sleep(pause);
  }
}

/** `team` → by name, resolved by the server; `root:org:team` → the type `team` of `root:org`. */
function parseType(text: string): { name: string; path?: string } {
  const colon = text.lastIndexOf(":");
  const name = text.slice(colon + 1).toLowerCase();
  return colon < 0 ? { name } : { name, path: text.slice(0, colon).replace(/^:/, "") };
}

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2)) throw new Error(`--location-selector ${JSON.stringify(text)}: key=value pairs are wanted`);
  return Object.fromEntries(pairs as [string, string][]);
}

export const pathOf = (parent: string, workspace: Workspace): string =>
  /\/clusters\/([^/]+)/.exec(workspace.spec?.URL ?? "")?.[1] ?? joinClusterPath(parent, workspace.metadata.name!);
