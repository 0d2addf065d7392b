import { platformMeshPaths } from "@meshplane/apis/platform-mesh";
import type { ObjectKey } from "@meshplane/controller-runtime";

const nameMax = 63;

/** `<Provider>-<cluster that holds it>`, as upstream has it; not every such text is a workspace's name. @see spec platform-mesh/providers §2.1 */
export const workspaceNameOf = (provider: string, cluster: string): string => `${provider}-${cluster}`;

/** @returns why a workspace cannot have this name; undefined when it can */
export function whyNoWorkspaceName(name: string): string | undefined {
  if (name.length > nameMax)
    return `The workspace's name would be "${name}", which has ${name.length} characters; at most ${nameMax} are possible: a Provider with a shorter name is needed`;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
    return `The workspace's name would be "${name}"; a workspace's name has lower-case letters, digits and hyphens only`;
  return undefined;
}

/** The Provider that a workspace below `root:providers` was made for; names of logical clusters have no hyphen. */
export function providerOfWorkspace(name: string): ObjectKey | undefined {
  const cut = name.lastIndexOf("-");
  return cut > 0 && cut < name.length - 1 ? { cluster: name.slice(cut + 1), namespace: "", name: name.slice(0, cut) } : undefined;
}

/** the same by the workspace's path */
export function providerOfPath(path: string | undefined): ObjectKey | undefined {
  const parent = `${platformMeshPaths.providers}:`;
  const name = path?.startsWith(parent) ? path.slice(parent.length) : "";
  return name && !name.includes(":") ? providerOfWorkspace(name) : undefined;
}
