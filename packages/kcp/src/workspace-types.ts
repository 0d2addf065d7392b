/** Finding WorkspaceTypes and what they extend. @see spec tenancy §3.6 */
import { pathAnnotation, rootCluster, tenancyGroup, type WorkspaceType, type WorkspaceTypeReference } from "@meshplane/apis";
import { clusterAnnotation, internalError, notFound, splitClusterPath, type StatusError } from "@meshplane/apimachinery";
import type { PathIndex } from "./logical-clusters/path-index.ts";
import type { ObjectReader } from "./object-reader.ts";

export class WorkspaceTypes {
  readonly #paths: PathIndex;
  readonly #objects: ObjectReader;
  readonly #identity: () => string | undefined;

  constructor(paths: PathIndex, objects: ObjectReader, tenancyIdentity: () => string | undefined) {
    this.#paths = paths;
    this.#objects = objects;
    this.#identity = tenancyIdentity;
  }

  /** @throws StatusError 404 naming `<path>:<name>` */
  async get(path: string, name: string): Promise<WorkspaceType> {
    const cluster = this.#paths.clusterOf(path);
    const type = cluster === undefined ? undefined : await this.#read(cluster, name);
    if (!type) throw typeNotFound(path, name);
    return type;
  }

  /**
   * With a path: there and nowhere else. Without: in `here`, its parents, at last in root.
   * @throws StatusError 500 wrapping 404; Error when the search finds nothing
   */
  async resolve(here: string, reference: WorkspaceTypeReference): Promise<WorkspaceType> {
    if (reference.path) {
      try {
        return await this.get(reference.path, reference.name);
      } catch (error) {
        throw internalError((error as StatusError).message, error);
      }
    }
    for (let path: string | undefined = here; path !== undefined; path = parentOf(path)) {
      const cluster = this.#paths.clusterOf(path);
      const type = cluster === undefined ? undefined : await this.#read(cluster, reference.name);
      if (type) return type;
    }
    throw new Error(`workspace type ${JSON.stringify(reference.name)} cannot be resolved`);
  }

  /**
   * What the type extends, depth first and a base before its own bases, each once; the type itself last.
   * @throws Error for a base that is missing or for a circle
   */
  async aliases(type: WorkspaceType): Promise<WorkspaceType[]> {
    const found = new Map<string, WorkspaceType>();
    const collect = async (current: WorkspaceType, way: string[]): Promise<void> => {
      for (const { path = pathOfType(current), name } of current.spec?.extend?.with ?? []) {
        const base = await this.get(path, name).catch(() => undefined);
        if (!base) throw new Error(`unable to find inherited workspace type ${name}`);
        const id = typeName(base);
        if (way.includes(id)) throw new Error(`circular dependency detected in workspace type ${way[0]}: ${way.join(" -> ")}`);
        if (found.has(id)) continue;
        found.set(id, base);
        await collect(base, [...way, id]);
      }
    };
    const own = typeName(type);
    await collect(type, [own]);
    return [...found.values(), type];
  }

  #read(cluster: string, name: string): WorkspaceType | undefined | Promise<WorkspaceType | undefined> {
    const identity = this.#identity();
    if (!identity) return undefined;
    const kind = { group: tenancyGroup, version: "v1alpha1", resource: "workspacetypes", kind: "WorkspaceType", identity };
    return this.#objects.get<WorkspaceType>(kind, cluster, name);
  }
}

export const clusterOfType = ({ metadata }: WorkspaceType): string => metadata.annotations![clusterAnnotation]!;
export const pathOfType = ({ metadata }: WorkspaceType): string =>
  metadata.annotations?.[pathAnnotation] ?? metadata.annotations![clusterAnnotation]!;
/** `<canonical path>:<name>` */
export const typeName = (type: WorkspaceType): string => `${pathOfType(type)}:${type.metadata.name}`;
/** what initializers and terminators are called: by the cluster's name, not its path */
export const lifecycleId = (type: WorkspaceType): string => `${clusterOfType(type)}:${type.metadata.name}`;

export const typeNotFound = (path: string, name: string): StatusError =>
  notFound({ group: tenancyGroup, resource: "workspacetypes" }, `${path}:${name}`);

function parentOf(path: string): string | undefined {
  if (path === rootCluster) return undefined;
  return splitClusterPath(path).parent ?? rootCluster;
}

/** `root:org:team` → the type `team` of `root:org` */
export function splitType(type: string): { path: string; name: string } | undefined {
  const { parent, name } = splitClusterPath(type);
  return parent === undefined ? undefined : { path: parent, name };
}
