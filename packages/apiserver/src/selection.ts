import { badRequest, parseFieldSelector, parseLabelSelector } from "@meshplane/apimachinery";
import type { FieldRequirement, LabelSelector } from "@meshplane/apimachinery";
import type { RecordHeader } from "@meshplane/storage";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Which objects of a collection are meant, decided by header and key alone. */
export interface Selection {
  /** undefined: all of them */
  readonly filter: ((header: RecordHeader, key: string) => boolean) | undefined;
  /** the only name that can match, when the field selector says so */
  readonly name: string | undefined;
  readonly labels: LabelSelector | undefined;
  /** the caller sent a selector of its own; then counts are not disclosed (wire 64) */
  readonly selective: boolean;
}

/** @throws StatusError 400 (wire 66) */
export function selectionOf(definition: ResourceDefinition, labelText: string, fieldText: string): Selection {
  if (labelText === "" && fieldText === "" && !definition.restriction) return everything;
  const labels = labelText === "" ? undefined : orBadRequest(() => parseLabelSelector(labelText));
  const fields = fieldText === "" ? [] : orBadRequest(() => parseFieldSelector(fieldText)).requirements;
  for (const { field } of fields) requireKnownField(field, definition);
  const name = fields.find(({ field, operator }) => field === "metadata.name" && operator === "=")?.value;
  const filter = (header: RecordHeader, key: string): boolean => {
    if (!isShown(definition, header)) return false;
    if (labels && !labels.matches(header.labels ?? noLabels)) return false;
    for (let i = 0; i < fields.length; i++) if (!fits(fields[i]!, header, key)) return false;
    return true;
  };
  return { filter, name, labels, selective: labelText !== "" || fieldText !== "" };
}

/** Whether a stored object exists for those who see it through this definition. */
export const isShown = ({ restriction, onlyDeleting }: ResourceDefinition, header: RecordHeader): boolean =>
  (!restriction || restriction.matches(header.labels ?? noLabels)) && (!onlyDeleting || header.deleting);

const everything: Selection = Object.freeze({ filter: undefined, name: undefined, labels: undefined, selective: false });
const noLabels: Readonly<Record<string, string>> = Object.freeze({});

function orBadRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

function requireKnownField(field: string, definition: ResourceDefinition): void {
  if (field === "metadata.name" || field === "metadata.namespace" || definition.selectableFields.includes(field)) return;
  if (definition.builtIn && definition.selectableFields.length === 0) {
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
  throw badRequest(`field label not supported: ${field}`);
}

function fits({ field, operator, value }: FieldRequirement, header: RecordHeader, key: string): boolean {
  const actual = field === "metadata.name" ? nameOf(key) : field === "metadata.namespace" ? namespaceOf(key) : fieldOf(header, field);
  return (actual === value) === (operator === "=");
}

const fieldOf = (header: RecordHeader, field: string): string =>
  header.fields && Object.hasOwn(header.fields, field) ? header.fields[field]! : "";
const nameOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

function namespaceOf(key: string): string {
  const end = key.lastIndexOf("/");
  return key.slice(key.lastIndexOf("/", end - 1) + 1, end);
}
