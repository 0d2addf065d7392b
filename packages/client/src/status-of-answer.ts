import { decodeJson, failure, StatusError, type Status } from "@meshplane/apimachinery";

/** What client-go makes of a code when the body tells no reason. */
const reasons: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

const textMax = 2048;

/** True for a decoded meta/v1 Status. */
export const isStatus = (value: unknown): value is Status =>
  typeof value === "object" && value !== null && (value as Status).kind === "Status" && "status" in value;

/**
 * The error that an answer with a failing code stands for. A Status in the body is taken as it is; plain text (a proxy, an unknown path)
 * becomes the message of a Status made from the code.
 */
export function statusOfAnswer(code: number, body: Uint8Array, retryAfterSeconds?: number): StatusError {
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  let text: string;
  try {
    const { value } = decodeJson(body);
    if (isStatus(value) || looksLikeStatus(value)) {
      const status = value as unknown as Status;
      return new StatusError({
        ...status,
        kind: "Status",
        apiVersion: "v1",
        code: status.code ?? code,
        ...(retryAfterSeconds === undefined ? {} : { details: { ...retry, ...status.details } }),
      });
    }
    text = new TextDecoder().decode(body);
  } catch {
    text = new TextDecoder().decode(body);
  }
  text = text.trim();
  if (text.length > textMax) text = `${text.slice(0, textMax)}…`;
  const message = text === "" ? `the server answered ${code}` : text;
  return failure(code, Object.hasOwn(reasons, code) ? reasons[code]! : "", retryAfterSeconds === undefined ? undefined : retry, message);
}

/** Upstream's time-out answer is a Status without kind and apiVersion. */
const looksLikeStatus = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (value as Status).status === "Failure" &&
  typeof (value as Status).message === "string" &&
  typeof (value as Status).code === "number";

/** An ERROR event's object. */
export const statusOfEvent = (object: unknown): StatusError =>
  isStatus(object)
    ? new StatusError({ ...object, code: object.code ?? 500 })
    : failure(500, "InternalError", undefined, "the watch ended with an error that is not a Status");
