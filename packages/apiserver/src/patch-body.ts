import { decodePatch, failure, badRequest, StatusError } from "@meshplane/apimachinery";
import type { JsonValue } from "@meshplane/apimachinery";
import { contentTypeOf } from "./decode-body.ts";
import type { HttpRequest } from "./http/http-request.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { turnsFor, type TakeTurn } from "./take-turns.ts";
import { parseYaml } from "./yaml/parse-yaml.ts";

export type PatchType = "merge" | "json" | "strategic" | "apply";

export interface Patch {
  readonly type: PatchType;
  readonly body: JsonValue;
  /** what to say about fields that the patch had twice */
  readonly duplicates: readonly string[];
  /** of a patch that may take long: to be awaited before each further step */
  readonly turn?: TakeTurn | undefined;
}

const types: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

/** @param strategic whether strategic merge patches are known for this kind. @throws StatusError 400, 413, 415 (wire 52) */
export async function patchOf(http: HttpRequest, definition: ResourceDefinition, strategic = definition.builtIn): Promise<Patch> {
  const contentType = contentTypeOf(http);
  const type = Object.hasOwn(types, contentType) ? types[contentType]! : undefined;
  if (!type || (type === "strategic" && !strategic)) throw wrongType(definition);
  const bytes = await http.readBody();
  let turn = turnsFor(bytes.length);
  if (turn) await turn();
  if (type !== "apply") {
    const { value, duplicates } = type === "strategic" ? withoutPrefix(() => decodePatch(bytes)) : decodePatch(bytes);
    if (type === "json" && copiesOften(value)) turn ??= turnsFor(Infinity);
    return { type, body: value, duplicates: duplicates.map(duplicateField), turn };
  }
  try {
    const { value, duplicates, duplicatesText } = await parseYaml(bytes);
    return { type, body: value, duplicates: duplicatesText === undefined ? duplicates.map(duplicateField) : [duplicatesText], turn };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of a strategic patch upstream shows the decoder's words alone. */
function withoutPrefix<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof StatusError ? badRequest(error.message.replace(/^error decoding patch: /, "")) : error;
  }
}

/** Each copy may double what the patch leads to. */
function copiesOften(patch: JsonValue): boolean {
  if (!Array.isArray(patch)) return false;
  let copies = 0;
  for (const item of patch) if (typeof item === "object" && item !== null && !Array.isArray(item) && item.op === "copy") copies++;
  return copies > 4;
}

const duplicateField = (path: string): string => `duplicate field ${JSON.stringify(path)}`;

function wrongType(definition: ResourceDefinition): Error {
  if (definition.builtIn) return failure(415, "UnsupportedMediaType", {}, "415: Unsupported Media Type");
  return failure(
    415,
    "UnsupportedMediaType",
    undefined,
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+yaml",
  );
}
