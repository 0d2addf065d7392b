import { encodeJson, type KubeObject } from "@meshplane/apimachinery";
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

/** `5m30s`, `3h12m`, `45d`: the two largest units while they matter. @see k8s.io/apimachinery util/duration */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, "s")}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return `${hours}h${rest(minutes % 60, "m")}`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return `${days}d${rest(hours % 24, "h")}`;
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? `${years}y${rest(days % 365, "d")}` : `${years}y`;
}

const rest = (count: number, unit: string): string => (count === 0 ? "" : `${count}${unit}`);
