import type { JsonObject, JsonValue, ManagedFieldsEntry } from "../object.ts";
import { FieldSet } from "./field-set.ts";

/** One manager of an object's fields, in one operation and subresource; updates also per version. */
export interface Manager {
  name: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource: string | undefined;
  /** Absent until the manager has changed something. */
  time: string | undefined;
  fields: FieldSet;
}

/** Managers by what tells them apart. */
export type Managers = Map<string, Manager>;

/** What tells managers apart, in the text by which upstream sorts conflicts. An applier is the same whatever version it applies. */
export function managerKey({ name, operation, apiVersion, subresource }: Omit<Manager, "fields" | "time">): string {
  return JSON.stringify({
    ...(name ? { manager: name } : {}),
    operation,
    ...(operation === "Update" ? { apiVersion } : {}),
    ...(subresource ? { subresource } : {}),
  });
}

/** @throws Error when an entry cannot be understood */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { operation, apiVersion, fieldsType } = entry;
    if (operation !== "Apply" && operation !== "Update") throw new Error("operation must be `Apply` or `Update`");
    if (!apiVersion) throw new Error("apiVersion must not be empty");
    if (fieldsType !== "FieldsV1") throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType ?? "")}`);
    const manager: Manager = {
      name: entry.manager ?? "",
      operation,
      apiVersion,
      subresource: entry.subresource || undefined,
      time: entry.time || undefined,
      fields: FieldSet.fromFieldsV1(entry.fieldsV1),
    };
    managers.set(managerKey(manager), manager);
  }
  return managers;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Appliers first, then by time (none is the earliest), name, version, subresource. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()]
    .sort(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time ?? "", b.time ?? "") ||
        order(a.name, b.name) ||
        order(a.apiVersion, b.apiVersion) ||
        order(a.subresource ?? "", b.subresource ?? ""),
    )
    .map((manager) => encodeManager(manager));
}

export const encodeManager = (
  { name, operation, apiVersion, subresource, time, fields }: Manager,
  fieldsV1: JsonObject = fields.toFieldsV1(),
): ManagedFieldsEntry => ({
  ...(name ? { manager: name } : {}),
  operation,
  apiVersion,
  ...(time ? { time } : {}),
  fieldsType: "FieldsV1",
  fieldsV1,
  ...(subresource ? { subresource } : {}),
});

/** An object's metadata, or an empty one that is not part of it. */
export function metadataOf(object: JsonObject | undefined): JsonObject {
  const metadata = object === undefined ? undefined : object["metadata"];
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? metadata : {};
}

export const managedFieldsOf = (object: JsonObject | undefined): ManagedFieldsEntry[] | undefined => {
  const entries: JsonValue | undefined = metadataOf(object)["managedFields"];
  return Array.isArray(entries) ? (entries as unknown as ManagedFieldsEntry[]) : undefined;
};

/** Writes the managers into an object's metadata, in place; no managers, no field. */
export function setManagedFields(object: JsonObject, entries: readonly ManagedFieldsEntry[]): void {
  const metadata = metadataOf(object);
  if (entries.length === 0) delete metadata["managedFields"];
  else {
    metadata["managedFields"] = entries as unknown as JsonValue;
    object["metadata"] = metadata;
  }
}
