import { encodeJson, humanDuration, type KubeObject } from "@meshplane/apimachinery";
import type { PrinterColumn } from "@meshplane/apiserver";
import type { PrinterColumnSpec } from "../crd/crd.ts";
import { parseJsonPath } from "./json-path.ts";

const nameColumn: PrinterColumn = { name: "Name", type: "string", format: "name", description: "Name of the object." };
const ageColumn: PrinterColumnSpec = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since the object was created.",
};

/** Columns and cells of a Table. Without columns of its own a resource has its age. @see spec wire 35 */
export function tableOf(specs: readonly PrinterColumnSpec[] | undefined): {
  columns: PrinterColumn[];
  cells(object: KubeObject, now: number): unknown[];
} {
  const own = specs?.length ? specs : [ageColumn];
  const paths = own.map(({ jsonPath }) => parseJsonPath(jsonPath));
  return {
    columns: [
      nameColumn,
      ...own.map(({ name, type, format, description, priority, jsonPath }) => ({
        name,
        type,
        description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        ...(format ? { format } : {}),
        ...(priority ? { priority } : {}),
      })),
    ],
    cells: (object, now) => [
      object.metadata.name ?? "",
      ...own.map(({ type }, i) => {
        const value = paths[i]?.first(object);
        return value === undefined ? null : cell(value, type, now);
      }),
    ],
  };
}

function cell(value: unknown, type: string, now: number): unknown {
  if (type === "string") return textOf(value);
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : typeof value === "bigint" ? value : null;
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, now) : null;
    default:
      return null;
  }
}

/** As Go's JSONPath printer writes it. */
function textOf(value: unknown): string {
  if (value === null) return "<no value>";
  if (typeof value === "string") return value;
  return typeof value === "object" ? encodeJson(value) : String(value);
}

function ageOf(text: string, now: number): string {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? "<invalid>" : humanDuration(now - at);
}
