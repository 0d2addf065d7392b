import { decodeYaml, YamlSyntaxError } from "@meshplane/apimachinery";
import type { JsonValue } from "@meshplane/apimachinery";
import { unrecognized } from "./unrecognized.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** @throws StatusError 400 */
export function decodeYamlBody(bytes: Uint8Array, definition: ResourceDefinition): { value: JsonValue; duplicates: string[] } {
  try {
    const { value, duplicates, duplicatesText } = decodeYaml(bytes);
    return {
      value,
      duplicates: duplicatesText === undefined ? duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`) : [duplicatesText],
    };
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw unrecognized(definition, error.message, bytes);
  }
}
