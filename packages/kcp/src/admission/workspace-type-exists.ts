/** `tenancy.kcp.io/WorkspaceTypeExists` @see spec tenancy §3.6 */
import { equalJson } from "@meshplane/apimachinery";
import { tenancyGroup, typeAnnotation, type Workspace, type WorkspaceType, type WorkspaceTypeReference } from "@meshplane/apis";
import type { AdmissionPlugin, AdmissionRequest, Authorizer } from "@meshplane/apiserver";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import { clusterOfType, pathOfType, splitType, typeName, type WorkspaceTypes } from "../workspace-types.ts";
import { isAllowed } from "./may-bind.ts";
import { isOn, isWrite, refuse } from "./requests.ts";

export const workspaceTypeExistsAdmission = (paths: PathIndex, types: WorkspaceTypes, deepAuthorize: Authorizer): AdmissionPlugin => {
  return {
    name: "tenancy.kcp.io/WorkspaceTypeExists",
    handles: (request) => isOn(request, tenancyGroup, "workspaces") && isWrite(request) && !(request.object as Workspace).spec?.mount,

    async mutate(request) {
      if (request.operation !== "CREATE") return;
      const workspace = request.object as Workspace;
      const spec = (workspace.spec ??= {});
      if (!spec.type?.name) spec.type = await defaultType(request);
      const reference = spec.type;
      const type = await orRefuse(request, () => types.resolve(paths.pathOf(request.cluster), reference));
      if (!reference.path) spec.type = { ...reference, path: pathOfType(type) };
      addLabels(workspace, type);
    },

    async validate(request) {
      const workspace = request.object as Workspace;
      if (request.operation === "UPDATE") {
        if (!equalJson((request.oldObject as Workspace).spec.type, workspace.spec.type)) throw refuse(request, "spec.type is immutable");
        return;
      }
      const reference = workspace.spec.type!;
      const type = await orRefuse(request, () => types.resolve(request.cluster, reference));
      const aliases = await orRefuse(request, () => types.aliases(type));
      await requireUse(request, aliases);
      const parent = await parentType(request, "workspace type cannot be resolved");
      const parentAliases = await orRefuse(request, () => types.aliases(parent));
      const own = `${reference.path}:${reference.name}`;
      const parentName = typeName(parent);
      const why = parentsRefused(parentAliases, aliases, parentName, own) ?? childrenRefused(parentAliases, aliases, parentName, own);
      if (why !== undefined) throw refuse(request, why);
    },
  };

  async function parentType(request: AdmissionRequest, what: string): Promise<WorkspaceType> {
    const entry = paths.get(request.cluster);
    if (!entry) throw refuse(request, `workspace type cannot be resolved: logicalcluster.core.kcp.io "cluster" not found`);
    if (!entry.type) throw refuse(request, `annotation ${typeAnnotation} on LogicalCluster must be set`);
    const split = splitType(entry.type);
    if (!split) throw refuse(request, `annotation ${typeAnnotation} on LogicalCluster must be in the form of cluster:name`);
    try {
      return await types.get(split.path, split.name);
    } catch (error) {
      throw refuse(request, `${what}: ${(error as Error).message}`);
    }
  }

  async function defaultType(request: AdmissionRequest): Promise<WorkspaceTypeReference> {
    const parent = await parentType(request, "parent type cannot be resolved");
    const child = parent.spec?.defaultChildWorkspaceType;
    if (!child) throw refuse(request, `spec.defaultChildWorkspaceType of workspace type ${typeName(parent)} must be set`);
    return { name: child.name, ...(child.path ? { path: child.path } : {}) };
  }

  async function requireUse(request: AdmissionRequest, aliases: readonly WorkspaceType[]): Promise<void> {
    for (const alias of aliases) {
      const name = alias.metadata.name!;
      const question = { verb: "use", cluster: clusterOfType(alias), group: tenancyGroup, resource: "workspacetypes", name };
      if (!(await isAllowed(deepAuthorize, request.context.user, question)))
        throw refuse(request, `unable to use workspace type ${typeName(alias)}: missing verb='use' permission on workspacetype`);
    }
  }
};

async function orRefuse<T>(request: AdmissionRequest, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    throw refuse(request, (error as Error).message);
  }
}

function addLabels({ metadata }: Workspace, type: WorkspaceType): void {
  const labels = type.spec?.additionalWorkspaceLabels;
  if (labels && Object.keys(labels).length > 0) metadata.labels = { ...labels, ...metadata.labels };
}

const names = (references: readonly WorkspaceTypeReference[]): string[] => references.map(({ path, name }) => `${path}:${name}`);
const print = (list: readonly string[]): string => `[${list.join(" ")}]`;

/** Every alias of the child that limits its parents must find one among the aliases of the parent. */
function parentsRefused(parents: WorkspaceType[], children: WorkspaceType[], parentName: string, childName: string): string | undefined {
  const have = parents.map(typeName);
  for (const child of children) {
    const limit = child.spec?.limitAllowedParents;
    if (!limit) continue;
    if (limit.none) return `workspace type ${typeName(child)} cannot have any parent`;
    const allowed = names(limit.types ?? []);
    if (allowed.length === 0 || have.some((name) => allowed.includes(name))) continue;
    return `workspace type ${extending(childName, child)} only allows ${print(allowed.sort())} parent workspaces, but parent type ${parentName} only implements ${print(have.sort())}`;
  }
  return undefined;
}

function childrenRefused(parents: WorkspaceType[], children: WorkspaceType[], parentName: string, childName: string): string | undefined {
  const have = children.map(typeName);
  for (const parent of parents) {
    const limit = parent.spec?.limitAllowedChildren;
    if (!limit) continue;
    if (limit.none) return `workspace type ${typeName(parent)} cannot have any child`;
    const allowed = names(limit.types ?? []);
    if (allowed.length === 0 || have.some((name) => allowed.includes(name))) continue;
    return `workspace type ${extending(parentName, parent)} only allows ${print(allowed.sort())} child workspaces, but child type ${childName} only implements ${print(have.sort())}`;
  }
  return undefined;
}

const extending = (name: string, alias: WorkspaceType): string =>
  typeName(alias) === name ? name : `${name} extends ${typeName(alias)}, which`;
