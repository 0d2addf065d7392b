import { decodeJson } from "../json/decode.ts";
import type { JsonValue } from "../object.ts";
import { badRequest } from "../status/errors.ts";

/** The type of a JSON value as Go's decoder names it. */
export function goTypeOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" ? "number" : typeof value;
}

/**
 * The body of a JSON patch or merge patch.
 * @throws StatusError 400 `error decoding patch: …`
 */
export function decodePatch(body: Uint8Array | string): { value: JsonValue; duplicates: string[] } {
  try {
    return decodeJson(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
