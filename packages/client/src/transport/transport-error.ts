/**
 * Why no (whole) answer came.
 * - `Unreachable`: no connection, so the server has not seen the request
 * - `ConnectionLost`: the connection broke; whether the server has carried the request out is unknown
 * - `Timeout`: the answer took too long; outcome unknown too
 * - `BadAnswer`: what came is not what a Kubernetes API server sends
 * - `Aborted`: the caller's signal said so, or the client was closed
 */
export type TransportErrorCode = "Unreachable" | "ConnectionLost" | "Timeout" | "BadAnswer" | "Aborted";

/** No answer of the server: the network, TLS or something between us failed. Answers that say no are StatusErrors. */
export class TransportError extends Error {
  readonly code: TransportErrorCode;
  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransportError";
    this.code = code;
  }
}

/** The words of an error and of what caused it, in one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.message || error.name;
}
