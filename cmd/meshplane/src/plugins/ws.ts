/** `kubectl ws` and `kubectl create workspace`: moving between workspaces and making them. Drop-ins for upstream's plugins. @see spec apis-served §5 */
import { hasReason, splitClusterPath, StatusError, type JsonObject } from "@meshplane/apimachinery";
import { parseArgs } from "node:util";
import { openSession, type Session } from "./session.ts";
import { createWorkspace, pathOf, workspacesIn } from "./workspaces.ts";
import { parseWorkspaceUrl, resolveWorkspacePath } from "./workspace-url.ts";

const currentName = "workspace.kcp.io/current";
const previousName = "workspace.kcp.io/previous";

const usage = `Usage: kubectl ws [command]

  ws                      go to your home workspace
  ws <path> | .. | :<path>  go to a workspace, relative or absolute
  ws -                    go back to where you were
  ws . | current [--short]  say where you are
  ws create <name> [--type T] [--enter] [--ignore-existing] [--location-selector k=v] [--create-context C]
  ws tree [--wide]        show what lies below
  ws create-context [name] [--overwrite]

  --kubeconfig FILE, --context NAME, -w PATH`;

const createUsage = `Usage: kubectl create workspace <name> [flags]

  --type T                 root:organization, say; a name alone is looked up from the parent upwards
  --enter                  go there
  --ignore-existing        it may be there already
  --location-selector k=v  which shard
  --create-context C       make a context for it in the kubeconfig

  --kubeconfig FILE, --context NAME, -w PATH`;

const globals = {
  kubeconfig: { type: "string" },
  context: { type: "string" },
  workspace: { type: "string", short: "w" },
  help: { type: "boolean", short: "h" },
} as const;

export async function runWs(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      ...globals,
      short: { type: "boolean" },
      type: { type: "string" },
      enter: { type: "boolean" },
      "ignore-existing": { type: "boolean" },
      "location-selector": { type: "string" },
      "create-context": { type: "string" },
      overwrite: { type: "boolean" },
      wide: { type: "boolean" },
      full: { type: "boolean", short: "f" },
    },
  });
  if (values.help) return say(positionals[0] === "create" ? createUsage : usage);
  const session = await openSession(values);
  try {
    const [command = "~", argument, ...rest] = positionals[0] === "use" ? positionals.slice(1) : positionals;
    if (rest.length > 0 || (argument !== undefined && !["create", "create-context"].includes(command)))
      throw new Error(`unexpected argument ${JSON.stringify(rest[0] ?? argument)}`);
    switch (command) {
      case ".":
      case "current":
        return say(values.short ? session.workspace : `Current workspace is '${session.workspace}'.`);
      case "-":
        return await goBack(session);
      case "create": {
        if (!argument) throw new Error("a name is wanted: kubectl create workspace <name>");
        const parent = session.workspace;
        const { workspace, existed } = await createWorkspace(session, parent, argument, {
          ...(values.type ? { type: values.type } : {}),
          ...(values["ignore-existing"] ? { ignoreExisting: true } : {}),
          ...(values["location-selector"] ? { locationSelector: values["location-selector"] } : {}),
        });
        const type = `${workspace.spec?.type?.path}:${workspace.spec?.type?.name}`;
        say(`Workspace "${argument}" (type ${type}) ${existed ? "already exists" : "created"}. Ready to use.`);
        if (values["create-context"]) createContext(session, values["create-context"], workspace.spec!.URL!, true);
        return values.enter ? await enter(session, pathOf(parent, workspace)) : 0;
      }
      case "tree":
        say(`.\n└── ${session.workspace}`);
        await tree(session, session.workspace, "    ", values.wide ?? false);
        return 0;
      case "create-context": {
        const name = argument ?? session.workspace;
        const existed = session.file.context(name) !== undefined;
        createContext(session, name, `${session.url.base}/clusters/${session.workspace}`, values.overwrite ?? false);
        return say(`${existed ? "Updated" : "Created"} context "${name}" and switched to it.`);
      }
      case "~":
        return await enter(session, await homePath(session));
      default:
        return await enter(session, resolveWorkspacePath(session.url.path ?? "root", command));
    }
  } finally {
    session.client.close();
  }
}

/** The home workspace is made on first asking. */
async function homePath(session: Session): Promise<string> {
  const home = await workspacesIn(session, "root").get("~");
  const path = parseWorkspaceUrl(home.spec?.URL ?? "").path;
  if (!path) throw new Error("the server gave no URL for the home workspace");
  return path;
}

async function enter(session: Session, path: string): Promise<number> {
  const type = await requireThere(session, path);
  const { file } = session;
  const name = file.currentContext;
  const context = file.context(name)!;
  const cluster = file.cluster(context.cluster)!;
  file.setCluster(previousName, cluster);
  file.setContext(previousName, { ...context, cluster: previousName });
  file.setCluster(currentName, { ...cluster, server: `${session.url.base}/clusters/${path}` });
  file.setContext(currentName, { ...context, cluster: currentName });
  file.currentContext = currentName;
  file.save();
  say(`Current workspace is '${path}'${type ? ` (type ${type})` : ""}.`);
  await warnOfClaims(session, path);
  return 0;
}

/** @returns the workspace's type, when its parent shows it. @throws Error when it is not there or closed to this user */
async function requireThere(session: Session, path: string): Promise<string | undefined> {
  let denied = false;
  try {
    await session.at(path).request({ method: "GET", path: "/apis" });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    denied = true;
  }
  const { parent, name } = splitClusterPath(path);
  if (parent === undefined) {
    if (denied) throw new Error(`access to workspace ${JSON.stringify(path)} denied`);
    return undefined;
  }
  try {
    const { spec } = await workspacesIn(session, parent).get(name);
    if (denied) throw new Error(`access to workspace ${JSON.stringify(path)} denied`);
    return spec?.type && `${spec.type.path}:${spec.type.name}`;
  } catch (error) {
    if (hasReason(error, "NotFound")) throw new Error(`workspace ${JSON.stringify(path)} not found`, { cause: error });
    if (!(error instanceof StatusError)) throw error;
    if (denied) throw new Error(`access to workspace ${JSON.stringify(path)} denied`, { cause: error });
    return undefined;
  }
}

async function goBack(session: Session): Promise<number> {
  const { file } = session;
  const previous = file.context(previousName);
  const there = previous && file.cluster(previous.cluster);
  if (!previous || !there) throw new Error("there is no previous workspace");
  const here = file.context(file.currentContext)!;
  const cluster = file.cluster(here.cluster)!;
  file.setCluster(currentName, there);
  file.setContext(currentName, { ...previous, cluster: currentName });
  file.setCluster(previousName, cluster);
  file.setContext(previousName, { ...here, cluster: previousName });
  file.currentContext = currentName;
  file.save();
  const path = parseWorkspaceUrl(there.server).path ?? there.server;
  say(`Current workspace is '${path}'.`);
  await warnOfClaims(session, path);
  return 0;
}

function createContext(session: Session, name: string, server: string, overwrite: boolean): void {
  const { file } = session;
  if (file.context(name) && !overwrite) throw new Error(`context ${JSON.stringify(name)} exists; use --overwrite`);
  const context = file.context(file.currentContext)!;
  file.setCluster(name, { ...file.cluster(context.cluster)!, server });
  file.setContext(name, { ...context, cluster: name });
  file.currentContext = name;
  file.save();
}

async function tree(session: Session, path: string, indent: string, wide: boolean): Promise<void> {
  const children = await workspacesIn(session, path)
    .list()
    .then(({ items }) => items.filter(({ metadata }) => !metadata.deletionTimestamp))
    .catch((error: unknown) => {
      if (error instanceof StatusError) return [];
      throw error;
    });
  for (const [i, child] of children.entries()) {
    const last = i === children.length - 1;
    const more = wide
      ? `  ${child.spec?.cluster ?? ""}  ${child.spec?.type?.path}:${child.spec?.type?.name}  ${child.status?.phase ?? ""}`
      : "";
    say(`${indent}${last ? "└" : "├"}── ${child.metadata.name}${child.spec?.mount ? " [m]" : ""}${more}`);
    if (!child.spec?.mount) await tree(session, pathOf(path, child), `${indent}${last ? "    " : "│   "}`, wide);
  }
}

/** Claims that nobody has answered yet keep a provider from working: say so where the user comes by. */
async function warnOfClaims(session: Session, path: string): Promise<void> {
  try {
    const { items } = await session.at(path).resource({ group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" }).list();
    for (const { metadata, spec, status } of items) {
      const wanted = ((status as JsonObject | undefined)?.exportPermissionClaims ?? []) as JsonObject[];
      const answered = ((spec as JsonObject).permissionClaims ?? []) as JsonObject[];
      const open = wanted.filter(
        (claim) => !answered.some((a) => a.resource === claim.resource && (a.group ?? "") === (claim.group ?? "")),
      );
      if (open.length > 0)
        console.error(
          `Warning: claims of APIBinding ${metadata.name} without an answer: ${open.map((c) => `${String(c.resource)}.${String(c.group ?? "")}`).join(", ")}; see 'kubectl kcp claims'`,
        );
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error; // not allowed to look: nothing to say
  }
}

const say = (text: string): number => {
  console.log(text);
  return 0;
};
