import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  conflict,
  copyJson,
  encodeJson,
  fieldInvalid,
  invalid,
  serverSideApply,
  StatusError,
} from "@meshplane/apimachinery";
import type { JsonObject, JsonValue, KubeObject } from "@meshplane/apimachinery";
import { reportComplaints, toObject } from "./decode-body.ts";
import { goJsonType } from "./normalize-metadata.ts";
import { managerOf, trackManagedFields, unreachableFields } from "./managed-fields.ts";
import type { Patch } from "./patch-body.ts";
import type { Payload } from "./payload.ts";
import { requireSameObject, timestamp } from "./prepare-object.ts";
import { apiVersionOf } from "./record-codec.ts";
import type { WriteOptions } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { strategicSchema } from "./strategic-schema.ts";
import { storeChanged } from "./write-object.ts";

/** @throws StatusError 400, 403, 404, 409, 422 */
export function patchObject(
  request: ResourceRequest,
  patch: Patch,
  options: WriteOptions,
): Promise<{ payload: Payload; created: boolean }> {
  if (patch.type === "apply") return applyObject(request, patch, options);
  const { definition } = request;
  const { turn } = patch;
  return storeChanged(
    turn ? { ...request, turn } : request,
    {
      async next(current) {
        if (turn) await turn();
        const value = patchedValue(current!, patch, definition);
        if (turn) await turn();
        const object = asObject(value, patch, request, options);
        requireSameObject(object, request);
        return object;
      },
      creates: false,
      uidIsPrecondition: false,
      track: (next, current) => trackManagedFields(next, current, request, options),
    },
    options,
  );
}

function patchedValue(current: KubeObject, patch: Patch, definition: ResourceDefinition): JsonValue {
  const document = copyJson(current) as unknown as JsonValue;
  switch (patch.type) {
    case "json":
      return applyJsonPatch(document, patch.body);
    case "merge":
      return applyMergePatch(document, patch.body);
    default:
      return applyStrategicMergePatch(document, patch.body, definition.builtIn ? definition.schema : strategicSchema(definition.schema));
  }
}

/** What the patch has led to, as an object of this kind. @throws StatusError 422 that quotes the result (wire 51) */
function asObject(value: JsonValue, patch: Patch, { definition, context }: ResourceRequest, options: WriteOptions): KubeObject {
  const quoted = patch.type === "strategic" ? printGo(patch.body) : encodeJson(inGoOrder(value, definition));
  try {
    const { object, complaints } = toObject(value, definition);
    const all = patch.duplicates.length > 0 ? [...patch.duplicates, ...complaints] : complaints;
    reportComplaints(all, options.fieldValidation, definition, (text) => context.warn(text));
    return object;
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    const why = error.message.replace(/^[^:]* cannot be handled as a [^:]*: /, "");
    const { status } = invalid({ group: "", kind: "" }, "", [fieldInvalid("patch", quoted, why)]);
    delete status.details!.kind;
    throw new StatusError(status);
  }
}

const metadataOrder = ["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields"]; // prettier-ignore

/** Keys as upstream prints them: sorted, but metadata of built-in kinds in the order of the struct. */
function inGoOrder(value: JsonValue, { builtIn }: ResourceDefinition): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) sorted[key] = sortedKeys(value[key]!, 0);
  const { metadata } = value;
  if (builtIn && typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) {
    const ordered: JsonObject = {};
    for (const key of metadataOrder) if (Object.hasOwn(metadata, key)) ordered[key] = metadata[key]!;
    sorted.metadata = ordered;
  }
  return sorted;
}

function sortedKeys(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null || depth > 100) return value;
  if (Array.isArray(value)) return value.map((item) => sortedKeys(item, depth + 1));
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) sorted[key] = sortedKeys(value[key]!, depth + 1);
  return sorted;
}

/** Go's %v of a decoded JSON value. */
function printGo(value: JsonValue | undefined, depth = 0): string {
  if (typeof value !== "object" || value === null || depth > 100) return value === null ? "<nil>" : String(value);
  if (Array.isArray(value)) return `[${value.map((item) => printGo(item, depth + 1)).join(" ")}]`;
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${printGo(value[key], depth + 1)}`)
    .join(" ")}]`;
}

/** Server-side apply: creates what is missing. @throws StatusError 400, 409, 500 (wire 53) */
function applyObject(request: ResourceRequest, patch: Patch, options: WriteOptions): Promise<{ payload: Payload; created: boolean }> {
  const { definition, context, server } = request;
  const applied = requireApplicable(patch.body, definition);
  const { turn } = patch;
  return storeChanged(
    turn ? { ...request, turn } : request,
    {
      async next(current) {
        if (!current) requireNoUid(applied, request);
        if (turn) await turn();
        const { object: merged } = serverSideApply({
          live: current as JsonObject | undefined,
          applied,
          manager: managerOf(request, options),
          force: options.force,
          apiVersion: apiVersionOf(definition),
          subresource: request.subresource || undefined,
          schema: definition.schema,
          now: timestamp(server.options.clock()),
          ignoredFields: unreachableFields(request),
        });
        if (turn) await turn();
        const { object, complaints } = toObject(copyJson(merged), definition);
        reportComplaints([...patch.duplicates, ...complaints], options.fieldValidation, definition, (text) => context.warn(text));
        requireSameObject(object, request);
        return object;
      },
      creates: request.subresource === "",
      uidIsPrecondition: false,
    },
    options,
  );
}

function requireApplicable(body: JsonValue, definition: ResourceDefinition): JsonObject {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    if (body === null) throw badRequest("invalid object type: /, Kind=");
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goJsonType(body)} into Go value of type map[string]interface {}`,
    );
  }
  const { apiVersion, kind } = body;
  if (typeof kind !== "string" || kind === "") throw badRequest(`invalid object type: ${printKind(String(apiVersion ?? ""), "")}`);
  if (kind !== definition.kind || apiVersion !== apiVersionOf(definition))
    throw badRequest(`invalid object type: ${printKind(String(apiVersion ?? ""), kind)}`);
  return body;
}

function printKind(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf("/");
  return `${slash < 0 ? `/${apiVersion}` : apiVersion}, Kind=${kind}`;
}

function requireNoUid(applied: JsonObject, { definition, name }: ResourceRequest): void {
  const { metadata } = applied;
  const uid = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? metadata.uid : undefined;
  if (uid)
    throw conflict(
      groupResourceOf(definition),
      name,
      `uid mismatch: the provided object specified uid ${String(uid)}, and no existing object was found`,
    );
}
