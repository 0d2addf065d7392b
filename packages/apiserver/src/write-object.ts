import { alreadyExists, clusterAnnotation, copyJson, notFound } from "@meshplane/apimachinery";
import type { FieldError, KubeObject } from "@meshplane/apimachinery";
import type { Guard, IndexEntry, NewRecord, StoredRecord } from "@meshplane/storage";
import { admissionRequestOf, admit } from "./admission/admit.ts";
import { guaranteedUpdate } from "./guaranteed-update.ts";
import type { Attempt } from "./guaranteed-update.ts";
import { Payload } from "./payload.ts";
import {
  countGeneration,
  dedupeOwners,
  dropServerFields,
  isUnchanged,
  keepOtherHalf,
  prepareNewMetadata,
  requireFreshVersion,
  requireSameUid,
  requireValid,
  restoreMetadata,
} from "./prepare-object.ts";
import { decodeRecord, encodeRecord, indexEntriesOf, setClusterAnnotation } from "./record-codec.ts";
import { generateName } from "./registry/names.ts";
import { keyOf } from "./registry/keys.ts";
import { finalizerWarnings, validateMetadata, validateMetadataUpdate } from "./registry/validate-metadata.ts";
import type { WriteOptions } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { isShown } from "./selection.ts";
import { turnsFor } from "./take-turns.ts";

type Write = {
  readonly write: NewRecord;
  readonly index: readonly IndexEntry[];
  readonly guards?: readonly Guard[];
  readonly object: KubeObject;
  readonly created: boolean;
};
type Removal = { readonly write: "delete"; readonly object: KubeObject; readonly created: false };
type Nothing = { readonly write: "nothing"; readonly object: KubeObject; readonly created: boolean };
export type WriteAttempt = (Write | Removal | Nothing) & Attempt;

const generatedNamesMax = 8;

/**
 * The stages of a create from managed fields on.
 * @throws StatusError 403, 404, 409, 422
 */
export async function storeNew(request: ResourceRequest, object: KubeObject, options: WriteOptions): Promise<Payload> {
  const { server, definition, cluster, namespace, context } = request;
  if (definition.discardsWrites) options = { ...options, dryRun: true };
  const generated = !object.metadata.name && object.metadata.generateName;
  const prepared = await prepareNew(request, object, options);
  for (let tried = 1; ; tried++) {
    const key = keyOf(definition, cluster, namespace, object.metadata.name!);
    const resource = { ...groupResourceOf(definition), name: object.metadata.name! };
    const outcome = await guaranteedUpdate<WriteAttempt | Collision>(
      server.store,
      key,
      resource,
      context.deadline,
      server.options.clock,
      async (current, failedGuard) => {
        if (current) {
          if (generated && tried < generatedNamesMax) return collision;
          throw alreadyExists(resource, resource.name, current.header.deleting ? "object is being deleted: " : "");
        }
        if (!failedGuard) return prepared;
        return { ...prepared, guards: await guardsOf(request, object.metadata.name!) } as WriteAttempt;
      },
      options.dryRun ? undefined : { record: undefined },
    );
    if (!("collision" in outcome.attempt)) return payloadOf(request, outcome.attempt, outcome.record);
    object.metadata.name = generateName(object.metadata.generateName!);
    Object.assign(prepared, await encodeWrite(request, object));
  }
}

type Collision = { readonly write: "nothing"; readonly collision: true };
const collision: Collision = { write: "nothing", collision: true };

/** Mutating admission, server-owned fields, validation, validating admission: an object that may be stored. */
export async function prepareNew(request: ResourceRequest, object: KubeObject, options: WriteOptions): Promise<WriteAttempt> {
  const { definition, context, turn } = request;
  const { strategy } = definition;
  const guards = await guardsOf(request, object.metadata.name ?? ""); //                        404 403
  dedupeOwners(object, (text) => context.warn(text));
  let admission = admissionRequestOf(request, "CREATE", object, undefined, options.dryRun);
  await admit(request.admission, "mutate", admission); //                                       403 …
  if (turn) await turn();
  prepareNewMetadata(object, request);
  const { status } = object;
  strategy.prepareForCreate?.(object, context);
  if (options.withStatus && status !== undefined) object.status = status;
  requireValid(
    [...validateMetadata(object.metadata, definition), ...((await strategy.validateCreate?.(object, context)) ?? [])],
    definition,
    object.metadata.name ?? "",
  ); // 422
  warnAbout(object, undefined, request);
  strategy.canonicalize?.(object);
  admission = { ...admission, name: object.metadata.name! };
  await admit(request.admission, "validate", admission); //                                     403 …
  if (options.dryRun) return { write: "nothing", object, created: true };
  if (turn) await turn();
  return { ...(await encodeWrite(request, object)), guards, object, created: true };
}

async function guardsOf({ server, definition, cluster, namespace, context }: ResourceRequest, name: string): Promise<readonly Guard[]> {
  const guards = server.options.createGuards?.(definition, cluster, namespace, context, name);
  return guards === undefined ? [] : guards instanceof Promise ? await guards : guards;
}

function warnAbout(object: KubeObject, current: KubeObject | undefined, { definition, context }: ResourceRequest): void {
  for (const text of finalizerWarnings(object.metadata.finalizers)) context.warn(text);
  const texts = definition.strategy.warnings?.(object, current);
  if (texts) for (const text of texts) context.warn(text);
}

export async function encodeWrite(
  { definition, cluster }: ResourceRequest,
  object: KubeObject,
): Promise<{ write: NewRecord; index: IndexEntry[] }> {
  if (!definition.convert) return { write: encodeRecord(object, definition, cluster), index: indexEntriesOf(object, definition, cluster) };
  const stored = await definition.convert.toStorage(copyJson(object));
  const { header } = encodeRecord(object, definition, cluster);
  return { write: { header, body: encodeRecord(stored, definition, cluster).body }, index: indexEntriesOf(object, definition, cluster) };
}

export interface Change {
  /** what the client wants stored in place of `current`; called again when another writer got in between. @throws StatusError */
  next(current: KubeObject | undefined): KubeObject | Promise<KubeObject>;
  /** whether a missing object is created */
  readonly creates: boolean;
  /** the uid in the submitted object is a precondition (PUT), not a change (PATCH) */
  readonly uidIsPrecondition: boolean;
  /** notes who set which fields; absent when `next` has done it */
  track?(next: KubeObject, current: KubeObject | undefined): void;
}

/**
 * The stages of an update, in the order that they happen; the whole list runs again with fresh state when another writer got in between.
 * @throws StatusError 403, 404, 409, 422
 */
export async function storeChanged(
  request: ResourceRequest,
  change: Change,
  options: WriteOptions,
): Promise<{ payload: Payload; created: boolean }> {
  const { server, definition, cluster, namespace, name, context } = request;
  if (definition.discardsWrites) options = { ...options, dryRun: true };
  const resource = { ...groupResourceOf(definition), name };
  const key = keyOf(definition, cluster, namespace, name);
  const outcome = await guaranteedUpdate<WriteAttempt>(
    server.store,
    key,
    resource,
    context.deadline,
    server.options.clock,
    async (record) => {
      if (!record || !isVisible(record, request)) return createOnUpdate(request, change, options);
      const turn = request.turn ?? turnsFor(record.body.length);
      if (turn) await turn();
      const current = await decodeRecord(record, definition);
      const next = await change.next(current); //                                                 400 422
      if (change.uidIsPrecondition) requireSameUid(next.metadata.uid, record.header.uid, request); // 409
      requireFreshVersion(next, record, request); //                                              409 422
      const annotated = hasClusterAnnotation(next);
      if (turn) await turn();
      restoreMetadata(next, current);
      dedupeOwners(next, (text) => context.warn(text));
      change.track?.(next, current);
      keepOtherHalf(next, current, request);
      setClusterAnnotation(next.metadata, cluster);
      const admission = admissionRequestOf(request, "UPDATE", next, current, options.dryRun);
      await admit(request.admission, "mutate", admission); //                                     403 …
      if (turn) await turn();
      prepareForUpdate(next, current, request);
      countGeneration(next, current, definition);
      requireValid(await updateErrors(next, current, request), definition, name); //              422
      warnAbout(next, current, request);
      definition.strategy.canonicalize?.(next);
      await admit(request.admission, "validate", admission); //                                   403 …
      if (current.metadata.deletionTimestamp != null && mayVanish(next, request))
        return options.dryRun ? nothing(next) : { write: "delete", object: next, created: false };
      if (isUnchanged(next, current) || options.dryRun)
        return nothing(annotated || !options.dryRun ? next : withoutClusterAnnotation(next)); // nothing is written
      if (turn) await turn();
      return { ...(await encodeWrite(request, next)), object: next, created: false };
    },
  );
  return { payload: payloadOf(request, outcome.attempt, outcome.record, options.dryRun), created: outcome.attempt.created };
}

const hasClusterAnnotation = ({ metadata }: KubeObject): boolean =>
  metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, clusterAnnotation);

/** Upstream's storage adds the annotation, so a dry run does not show it unless the client sent it (wire 18). */
function withoutClusterAnnotation(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations) delete annotations[clusterAnnotation];
  if (annotations && Object.keys(annotations).length === 0) delete object.metadata.annotations;
  return object;
}

const nothing = (object: KubeObject): WriteAttempt => ({ write: "nothing", object, created: false });

const isVisible = (record: StoredRecord, { definition }: ResourceRequest): boolean => isShown(definition, record.header);

async function createOnUpdate(request: ResourceRequest, change: Change, options: WriteOptions): Promise<WriteAttempt> {
  const { definition, name } = request;
  if (!change.creates) throw notFound(groupResourceOf(definition), name);
  const object = await change.next(undefined);
  if (change.uidIsPrecondition) requireSameUid(object.metadata.uid, "", request);
  await request.requireCreateAllowed?.(); //                                                      403
  dropServerFields(object);
  keepOtherHalf(object, undefined, request);
  change.track?.(object, undefined);
  return prepareNew(request, object, options);
}

function prepareForUpdate(next: KubeObject, current: KubeObject, { definition, subresource, context }: ResourceRequest): void {
  const { strategy } = definition;
  if (subresource === "status") strategy.status?.prepareForUpdate?.(next, current, context);
  else strategy.prepareForUpdate?.(next, current, context);
}

async function updateErrors(
  next: KubeObject,
  current: KubeObject,
  { definition, subresource, context }: ResourceRequest,
): Promise<FieldError[]> {
  const { strategy } = definition;
  const own =
    (await (subresource === "status"
      ? strategy.status?.validateUpdate?.(next, current, context)
      : strategy.validateUpdate?.(next, current, context))) ?? [];
  const metadata = validateMetadataUpdate(next.metadata, current.metadata, definition);
  return metadata.length === 0 ? own : [...metadata, ...own];
}

export const mayVanish = (object: KubeObject, { definition }: ResourceRequest): boolean =>
  definition.strategy.mayVanish?.(object) ?? !(object.metadata.finalizers && object.metadata.finalizers.length > 0);

/** The answer of a write: stored bytes where there are any. */
function payloadOf({ definition }: ResourceRequest, attempt: WriteAttempt, record: StoredRecord | undefined, dryRun = false): Payload {
  const { object } = attempt;
  if (attempt.write === "nothing" && (dryRun || !record)) return new Payload(definition, undefined, object);
  if (record) object.metadata.resourceVersion = String(record.revision);
  // of a vanished object the client sees the state that let it go, not what is stored
  // what the stored version does not know is not in the answer either
  if (definition.convert && attempt.write !== "delete" && record) return new Payload(definition, record);
  return new Payload(definition, attempt.write === "delete" ? undefined : record, object);
}
