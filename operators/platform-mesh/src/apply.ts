import { setTimeout as sleep } from "node:timers/promises";
import { hasReason, parseGroupVersion, type JsonValue, type KubeObject } from "@meshplane/apimachinery";
import type { MultiClusterClient } from "@meshplane/client";

const fieldManager = "platform-mesh-operator";

/** An object, where it belongs, and the resource that its kind is. */
export interface Placed {
  /** path of the workspace */
  workspace: string;
  resource: string;
  object: KubeObject;
}

export async function applyObject(client: MultiClusterClient, { workspace, resource, object }: Placed): Promise<KubeObject> {
  const { group, version } = parseGroupVersion(object.apiVersion)!;
  const { name, namespace } = object.metadata;
  return client
    .cluster(workspace)
    .resource({ group, version, resource })
    .patch(name!, "apply", object as unknown as JsonValue, { fieldManager, force: true, ...(namespace ? { namespace } : {}) });
}

/**
 * Reads until it is as wanted: often at first, since what is waited for takes milliseconds here and seconds on a large installation.
 * @throws Error that says what was waited for
 */
export async function waitFor<T>(what: string, read: () => Promise<T>, done: (found: T) => boolean, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (let delay = 2; ; delay = Math.min(delay * 1.5, 1000)) {
    let last: unknown;
    try {
      const found = await read();
      if (done(found)) return found;
    } catch (error) {
      if (!hasReason(error, "NotFound") && !hasReason(error, "Forbidden")) throw error;
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute${last ? ` (${String(last)})` : ""}`);
    await sleep(delay, undefined, signal ? { signal } : {});
  }
}
