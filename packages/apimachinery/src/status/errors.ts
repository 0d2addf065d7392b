/**
 * Every failure that a client can cause, one constructor per reason. Wording is upstream's where clients match on it.
 * @see spec wire; k8s.io/apimachinery api/errors
 */
import { formatGroupResource, type GroupResource } from "../names.ts";
import type { FieldError } from "./field-error.ts";
import { formatFieldErrors } from "./field-error.ts";
import { failure, type StatusCause, type StatusDetails, type StatusError } from "./status-error.ts";

/** Upstream puts the resource (plural) into details.kind. */
const detailsOf = ({ group, resource }: GroupResource, name?: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  kind: resource,
});

/** 404 of one object. */
export const notFound = (resource: GroupResource, name: string): StatusError =>
  failure(404, "NotFound", detailsOf(resource, name), `${formatGroupResource(resource)} "${name}" not found`);

/** 404 of a path in a known group: nothing is served there. */
export const unknownResource = (): StatusError => failure(404, "NotFound", {}, "the server could not find the requested resource");

/** 409: the name is taken. */
export const alreadyExists = (resource: GroupResource, name: string, prefix = ""): StatusError =>
  failure(409, "AlreadyExists", detailsOf(resource, name), `${prefix}${formatGroupResource(resource)} "${name}" already exists`);

/** 409. client-go retries on the reason and people search for the wording. */
export const conflict = (resource: GroupResource, name: string, why: string): StatusError =>
  failure(
    409,
    "Conflict",
    detailsOf(resource, name),
    `Operation cannot be fulfilled on ${formatGroupResource(resource)} "${name}": ${why}`,
  );

/** The `why` of a stale resourceVersion. */
export const objectModified = "the object has been modified; please apply your changes to the latest version and try again";

/** 409 of server-side apply: other managers own the fields. */
export const applyConflict = (message: string, causes: StatusCause[]): StatusError => failure(409, "Conflict", { causes }, message);

/** 403 with a resource: `<resource> "<name>" is forbidden: <why>`. */
export function forbidden(resource: GroupResource, name: string, why: string, causes?: StatusCause[]): StatusError {
  const subject = resource.resource === "" ? "" : `${formatGroupResource(resource)}${name ? ` "${name}"` : ""} is `;
  const details = { ...detailsOf(resource, name), ...(causes ? { causes } : {}) };
  return failure(403, "Forbidden", resource.resource === "" ? {} : details, `${subject}forbidden: ${why}`);
}

/** 422: `<Kind.group> "<name>" is invalid: <field errors>`, one cause each. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: FieldError[]): StatusError {
  const causes = errors.map((error) => ({
    reason: error.type,
    message: error.detail,
    field: error.field || "<nil>",
  }));
  const qualified = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  return failure(
    422,
    "Invalid",
    {
      ...(name ? { name } : {}),
      ...(kind.group ? { group: kind.group } : {}),
      kind: kind.kind,
      causes,
    },
    `${qualified} ${JSON.stringify(name)} is invalid: ${formatFieldErrors(errors)}`,
  );
}

export const badRequest = (message: string): StatusError => failure(400, "BadRequest", undefined, message);
export const unauthorized = (): StatusError => failure(401, "Unauthorized", undefined, "Unauthorized");
export const methodNotAllowed = (message?: string): StatusError =>
  failure(405, "MethodNotAllowed", {}, message ?? "the server does not allow this method on the requested resource");
/** 405 of a custom resource: upstream names the verb and the resource. */
export const methodNotSupported = (resource: GroupResource, action: string): StatusError =>
  failure(
    405,
    "MethodNotAllowed",
    detailsOf(resource),
    `${action} is not supported on resources of kind "${formatGroupResource(resource)}"`,
  );
export const notAcceptable = (message: string): StatusError => failure(406, "NotAcceptable", {}, message);
export const unsupportedMediaType = (message: string): StatusError => failure(415, "UnsupportedMediaType", {}, message);
export const requestEntityTooLarge = (message: string): StatusError =>
  failure(413, "RequestEntityTooLarge", undefined, `Request entity too large: ${message}`);
export const expired = (message: string): StatusError => failure(410, "Expired", undefined, message);
export const internalError = (message: string, cause?: unknown): StatusError =>
  failure(500, "InternalError", { causes: [{ message }] }, `Internal error occurred: ${message}`, {
    cause,
  });
/** 500 without a reason: upstream's answer where a Go error reached the wire as it was. */
export const plainError = (message: string): StatusError => failure(500, "", undefined, message);
export const serverTimeout = (resource: GroupResource, action: string, retryAfterSeconds: number): StatusError =>
  failure(
    500,
    "ServerTimeout",
    { ...detailsOf(resource), retryAfterSeconds },
    `The ${action} operation against ${formatGroupResource(resource)} could not be completed at this time, please try again.`,
  );
export const timeout = (message: string, retryAfterSeconds?: number, causes?: StatusCause[]): StatusError =>
  failure(504, "Timeout", { ...(causes ? { causes } : {}), ...(retryAfterSeconds ? { retryAfterSeconds } : {}) }, `Timeout: ${message}`);
export const tooManyRequests = (message: string, retryAfterSeconds: number): StatusError =>
  failure(429, "TooManyRequests", { retryAfterSeconds }, message);
export const serviceUnavailable = (message: string): StatusError => failure(503, "ServiceUnavailable", undefined, message);
