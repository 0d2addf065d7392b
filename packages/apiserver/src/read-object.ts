import { notFound } from "@meshplane/apimachinery";
import { futureVersion } from "./list-page.ts";
import { Payload } from "./payload.ts";
import { keyOf } from "./registry/keys.ts";
import { garbageResourceVersion, parseResourceVersion } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { isShown } from "./selection.ts";

const futureWaitMs = 3_000;

/** @throws StatusError 404, 500 for a garbage resourceVersion, 504 for one that does not come (wire 61, 62) */
export async function readObject(
  { server, definition, cluster, namespace, name }: ResourceRequest,
  resourceVersion: string,
): Promise<Payload> {
  if (resourceVersion !== "") {
    const revision = parseResourceVersion(resourceVersion);
    if (revision === undefined) throw garbageResourceVersion(resourceVersion);
    if (revision > server.hub.progress && !(await server.hub.reached(revision, futureWaitMs)))
      throw futureVersion(revision, server.hub.progress);
  }
  const record = await server.store.get(keyOf(definition, cluster, namespace, name));
  if (!record) throw notFound(groupResourceOf(definition), name);
  if (!isShown(definition, record.header)) throw notFound(groupResourceOf(definition), name);
  return new Payload(definition, record);
}
