import {
  badRequest,
  expired,
  internalError,
  requestEntityTooLarge,
  serverTimeout,
  serviceUnavailable,
  StatusError,
} from "@meshplane/apimachinery";
import type { GroupResource } from "@meshplane/apimachinery";
import { StoreError } from "@meshplane/storage";
import type { Log } from "./server-options.ts";

/** The one place where any failure becomes an API answer. */
export function toStatusError(error: unknown, resource: GroupResource | undefined, log: Log): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StoreError) return fromStoreError(error, resource ?? { group: "", resource: "" });
  if (error instanceof RangeError && error.message.includes("call stack")) return badRequest("the object is nested too deeply");
  log.error("unforeseen failure of a request", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return internalError("an unforeseen failure; the server's log says more", error);
}

function fromStoreError(error: StoreError, resource: GroupResource): StatusError {
  switch (error.code) {
    case "Compacted":
      return expired("The resourceVersion for the provided list is too old.");
    case "FutureRevision":
      return serverTimeout(resource, "read", 1);
    case "TooLarge":
      return requestEntityTooLarge("the stored object would be too large");
    case "Unreachable":
      return serverTimeout(resource, "storage", 2);
    case "Closed":
      return serviceUnavailable("the server is shutting down");
    case "Corrupt":
    case "Locked":
    case "NewerFormat":
      return internalError(error.message, error);
  }
}
