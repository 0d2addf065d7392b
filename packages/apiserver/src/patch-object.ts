import { applyJsonPatch, applyMergePatch, copyJson } from "@meshplane/apimachinery";
import type { JsonValue, KubeObject } from "@meshplane/apimachinery";
import { reportComplaints, toObject } from "./decode-body.ts";
import { trackManagedFields } from "./managed-fields.ts";
import type { Patch } from "./patch-body.ts";
import type { Payload } from "./payload.ts";
import { requireSameObject } from "./prepare-object.ts";
import type { WriteOptions } from "./request-options.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { storeChanged } from "./write-object.ts";

/** @throws StatusError 400, 403, 404, 409, 422 */
export function patchObject(
  request: ResourceRequest,
  patch: Patch,
  options: WriteOptions,
): Promise<{ payload: Payload; created: boolean }> {
  const { definition, context } = request;
  return storeChanged(
    request,
    {
      next(current) {
        const patched = patchedValue(current!, patch);
        const { object, complaints } = toObject(patched, definition);
        reportComplaints(complaints, options.fieldValidation, definition, (text) => context.warn(text));
        requireSameObject(object, request);
        return object;
      },
      creates: false,
      applied: false,
      uidIsPrecondition: false,
      track: (next, current) => trackManagedFields(next, current, request, options),
    },
    options,
  );
}

function patchedValue(current: KubeObject, patch: Patch): JsonValue {
  const document = copyJson(current) as unknown as JsonValue;
  switch (patch.type) {
    case "json":
      return applyJsonPatch(document, patch.body);
    case "merge":
      return applyMergePatch(document, patch.body);
    default:
      throw new Error(`${patch.type} patches are not wired up yet`);
  }
}
