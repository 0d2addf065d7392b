import { copyJson, YamlSyntaxError } from "@meshplane/apimachinery";
import type { JsonValue } from "@meshplane/apimachinery";
import { unrecognized } from "./unrecognized.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { parseYaml } from "./yaml/parse-yaml.ts";

/** The body's value, a fresh one for each call, and what is to be said about repeated fields. @throws StatusError 400 */
export async function decodeYamlBody(
  bytes: Uint8Array,
  definition: ResourceDefinition,
): Promise<() => { value: JsonValue; duplicates: string[] }> {
  try {
    const { value, duplicates, duplicatesText } = await parseYaml(bytes);
    const complaints =
      duplicatesText === undefined ? duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`) : [duplicatesText];
    return () => ({ value: copyJson(value), duplicates: complaints });
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw unrecognized(definition, error.message, bytes);
  }
}
