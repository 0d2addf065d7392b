import { formatCheck, type JsonSchema } from "@meshplane/apimachinery";
import { childSchemas } from "../structural/values.ts";
import type { Crd } from "./crd.ts";

/** Formats of numbers; they are no checks of texts. */
const numeric = ["int32", "int64", "float", "double"];

/** One for each format of a schema that is not enforced because nobody knows it. */
export function formatWarnings(crd: Crd): string[] {
  const unknown = new Set<string>();
  for (const { schema } of Array.isArray(crd.spec.versions) ? crd.spec.versions : [])
    if (schema?.openAPIV3Schema) visit(schema.openAPIV3Schema);
  return [...unknown].sort().map((format) => `unrecognized format ${JSON.stringify(format)}`);

  function visit(schema: JsonSchema): void {
    if (schema.format && !numeric.includes(schema.format) && !formatCheck(schema.format)) unknown.add(schema.format);
    for (const child of childSchemas(schema)) visit(child);
  }
}
