import { badRequest } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "./resource-definition.ts";

/** 400 for a body that is no object at all; says how it begins. */
export const unrecognized = (definition: ResourceDefinition, why: string, bytes: Uint8Array) =>
  badRequest(`the object provided is unrecognized (must be of type ${definition.kind}): ${why} (${summary(bytes)})`);

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const start = Buffer.from(bytes.subarray(0, 30));
  return start.toString(bytes[0] === 0x7b ? "utf8" : "hex") + (bytes.length > 30 ? " ..." : "");
}
