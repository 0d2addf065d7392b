import { conflict, copyJson, notFound } from "@meshplane/apimachinery";
import type { KubeObject, Status } from "@meshplane/apimachinery";
import type { NewRecord, IndexEntry } from "@meshplane/storage";
import { admissionRequestOf, admit } from "./admission/admit.ts";
import type { DeleteOptions } from "./delete-options.ts";
import { guaranteedUpdate } from "./guaranteed-update.ts";
import { Payload } from "./payload.ts";
import { timestamp } from "./prepare-object.ts";
import { decodeRecord } from "./record-codec.ts";
import { keyOf } from "./registry/keys.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { encodeWrite, mayVanish } from "./write-object.ts";
import { isShown } from "./selection.ts";

/** What a DELETE answers: the object when it stays for its finalizers or its kind says so, else a Status. */
export type Deleted = { readonly object: Payload } | { readonly status: Status };

type Attempt =
  | { readonly write: "delete"; readonly object: KubeObject }
  | { readonly write: "nothing"; readonly object: KubeObject; readonly gone: boolean }
  | { readonly write: NewRecord; readonly index: readonly IndexEntry[]; readonly object: KubeObject };

/**
 * Removes the object, or marks it as deleting while finalizers hold it.
 * @throws StatusError 403, 404, 409 (wire §6)
 */
export async function deleteObject(request: ResourceRequest, options: DeleteOptions): Promise<Deleted> {
  const { server, definition, cluster, namespace, name, context } = request;
  if (definition.discardsWrites) options = { ...options, dryRun: true };
  const resource = { ...groupResourceOf(definition), name };
  const key = keyOf(definition, cluster, namespace, name);
  const { attempt, record } = await guaranteedUpdate<Attempt>(
    server.store,
    key,
    resource,
    context.deadline,
    server.options.clock,
    async (stored) => {
      if (!stored || !isShown(definition, stored.header)) throw notFound(resource, name);
      const current = await decodeRecord(stored, definition);
      requirePreconditions(current, options, request);
      const admission = admissionRequestOf(request, "DELETE", undefined, current, options.dryRun, options.raw);
      await admit(request.admission, "mutate", admission);
      await admit(request.admission, "validate", admission);

      const next = copyJson(current);
      setPolicyFinalizers(next, options);
      const kept = definition.strategy.beginDelete?.(next, context) === "keep";
      if (!kept && mayVanish(next, request))
        return options.dryRun ? { write: "nothing", object: next, gone: true } : { write: "delete", object: current };
      const wasDeleting = current.metadata.deletionTimestamp != null;
      if (!wasDeleting) markDeleting(next, kept, request);
      const unchanged = wasDeleting && sameFinalizers(next, current) && !kept;
      if (unchanged || options.dryRun) return { write: "nothing", object: next, gone: false };
      return { ...(await encodeWrite(request, next)), object: next };
    },
  );
  if (record && attempt.write !== "nothing") attempt.object.metadata.resourceVersion = String(record.revision);
  const gone = attempt.write === "delete" || (attempt.write === "nothing" && attempt.gone);
  if (!gone || definition.strategy.returnsObjectOnDelete) return { object: new Payload(definition, undefined, attempt.object) };
  return { status: deletedStatus(request, attempt.object.metadata.uid ?? "") };
}

/** wire 56 */
function deletedStatus({ definition, name }: ResourceRequest, uid: string): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(definition.group ? { group: definition.group } : {}), kind: definition.resource, uid },
  } as Status;
}

/** wire 57 */
function requirePreconditions({ metadata }: KubeObject, { preconditions }: DeleteOptions, { definition, name }: ResourceRequest): void {
  if (!preconditions) return;
  // here upstream names the kind, in the place of the resource
  const kind = { group: definition.group, resource: definition.kind };
  if (preconditions.uid !== undefined && preconditions.uid !== metadata.uid) {
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** How dependents go is a finalizer, which the garbage collector takes off when it has done its part. */
function setPolicyFinalizers({ metadata }: KubeObject, { propagationPolicy }: DeleteOptions): void {
  if (propagationPolicy === undefined) return;
  const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== "orphan" && finalizer !== "foregroundDeletion");
  if (propagationPolicy === "Orphan") others.push("orphan");
  if (propagationPolicy === "Foreground") others.push("foregroundDeletion");
  if (others.length > 0) metadata.finalizers = others;
  else delete metadata.finalizers;
}

function markDeleting({ metadata }: KubeObject, kept: boolean, { server, definition }: ResourceRequest): void {
  metadata.deletionTimestamp ??= timestamp(server.options.clock());
  if (!kept) metadata.deletionGracePeriodSeconds = 0;
  if (definition.strategy.hasGeneration && !kept) metadata.generation = (metadata.generation ?? 0) + 1;
}

function sameFinalizers(a: KubeObject, b: KubeObject): boolean {
  const left = a.metadata.finalizers ?? [];
  const right = b.metadata.finalizers ?? [];
  return left.length === right.length && left.every((finalizer, i) => finalizer === right[i]);
}
