import { parseGroupVersion } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import type { Change, ObjectKey } from "@meshplane/controller-runtime";
import type { FeedChange } from "@meshplane/controlplane";

/** Which workspaces mount an object. In memory: one entry per mount, and nothing for all other workspaces. */
export class MountReferences {
  /** by where the object lies → names of workspaces of the same cluster */
  readonly #workspaces = new Map<string, Set<string>>();
  readonly #references = new Map<string, string>();

  /** a workspace has changed, or is there at the start */
  note(change: Change): void {
    const id = `${change.key.cluster}|${change.key.name}`;
    const known = this.#references.get(id);
    const now = mayMount(change) ? referenceOf(change.object() as Workspace, change.key.cluster) : undefined;
    if (now === known) return;
    if (known !== undefined) this.#drop(id, known, change.key.name);
    if (now === undefined) return;
    this.#references.set(id, now);
    const names = this.#workspaces.get(now);
    if (names) names.add(change.key.name);
    else this.#workspaces.set(now, new Set([change.key.name]));
  }

  /** workspaces that mount the object which has changed; of whatever kind it is, if its group, namespace and name fit */
  mounting({ resource, key }: Change): ObjectKey[] {
    if (this.#workspaces.size === 0) return [];
    const names = this.#workspaces.get(placeOf(key.cluster, resource.group, key.namespace, key.name));
    return [...(names ?? [])].map((name) => ({ cluster: key.cluster, namespace: "", name }));
  }

  #drop(id: string, reference: string, name: string): void {
    this.#references.delete(id);
    const names = this.#workspaces.get(reference);
    names?.delete(name);
    if (names?.size === 0) this.#workspaces.delete(reference);
  }
}

/** without parsing the many that do not */
function mayMount(change: Change): boolean {
  const body = (change as Partial<FeedChange>).record?.body;
  return !change.deleted && (!body || Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('"mount":'));
}

function referenceOf({ spec }: Workspace, cluster: string): string | undefined {
  const ref = spec?.mount?.ref;
  return ref && placeOf(cluster, parseGroupVersion(ref.apiVersion)?.group ?? "", ref.namespace ?? "", ref.name);
}

const placeOf = (cluster: string, group: string, namespace: string, name: string): string => `${cluster}|${group}|${namespace}|${name}`;
