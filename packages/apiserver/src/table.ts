import { badRequest } from "@meshplane/apimachinery";
import type { KubeObject, ListMeta } from "@meshplane/apimachinery";
import type { Query } from "./http/http-request.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** What `rows[].object` holds. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** @throws StatusError 400 (wire 35) */
export function includeObjectOf(query: Query): IncludeObject {
  const value = query.get("includeObject") ?? "";
  if (value === "") return "Metadata";
  if (value === "None" || value === "Metadata" || value === "Object") return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

export interface TableOptions {
  readonly apiVersion: "v1" | "v1beta1";
  readonly includeObject: IncludeObject;
  /** events after the first of a stream have none */
  readonly withColumns: boolean;
  /** milliseconds, for ages */
  readonly now: number;
}

export function tableOf(definition: ResourceDefinition, objects: readonly KubeObject[], metadata: ListMeta, options: TableOptions): object {
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.apiVersion}`,
    metadata: withoutEmptyContinue(metadata),
    columnDefinitions: options.withColumns ? columnsOf(definition) : null,
    rows:
      objects.length === 0 && definition.builtIn && definition.columns.some(({ name }) => name === "Created At")
        ? null // kinds without columns of their own
        : objects.map((object) => ({ cells: definition.tableCells(object, options.now), object: rowObject(object, options) })),
  };
}

function columnsOf({ columns }: ResourceDefinition): object[] {
  return columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({ name, type, format, description, priority }));
}

function rowObject(object: KubeObject, { includeObject, apiVersion }: TableOptions): object | null {
  if (includeObject === "None") return null;
  return includeObject === "Object" ? object : partialMetadata(object, apiVersion);
}

/** Tables say `continue` only when there is more, of custom resources too. */
function withoutEmptyContinue(metadata: ListMeta): ListMeta {
  if (metadata.continue !== "") return metadata;
  const { continue: _, ...rest } = metadata;
  return rest;
}

export const partialMetadata = ({ metadata }: KubeObject, version: "v1" | "v1beta1"): KubeObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});
