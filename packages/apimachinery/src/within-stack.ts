import { badRequest } from "./status/errors.ts";

/**
 * Runs what recurses over a client's data. JSON may nest deeper than the stack reaches; that is the client's error, not ours.
 * @throws StatusError 400 when the stack is full
 */
export function withinStack<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw badRequest("exceeded max depth");
    throw error;
  }
}
