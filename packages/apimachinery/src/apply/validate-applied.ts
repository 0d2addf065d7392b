import { goPrint, goSyntax, goType } from "../go-print.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { concreteType } from "./compare.ts";
import { deduced, type FieldType, type ListType, type MapType, type ScalarType } from "./field-type.ts";
import { itemElement } from "./list-items.ts";
import { fieldElement, printElement } from "./path-element.ts";

/**
 * What keeps an applied configuration from being understood: undeclared fields, wrong types, items without or with the same keys.
 * @returns upstream's texts, `.spec.x: field not declared in schema`
 */
export function validateApplied(type: MapType, applied: JsonObject): string[] {
  const errors: string[] = [];
  validate(type, applied, "", errors);
  return errors;
}

function validate(declared: FieldType, value: JsonValue, path: string, errors: string[]): void {
  if (value === null || declared.kind === "deduced") return; // whatever is below: nothing is declared
  const type = concreteType(declared, value);
  if (type.kind === "scalar") {
    const error = scalarError(type, value);
    if (error) errors.push(`${path}: ${error}`);
  } else if (type.kind === "list") {
    if (Array.isArray(value)) validateItems(type, value, path, errors);
    else errors.push(`${path}: expected list, got &{${goPrint(value)}}`);
  } else if (type.kind === "map") {
    if (typeof value === "object" && !Array.isArray(value)) validateMap(type, value, path, errors);
    else errors.push(`${path}: expected map, got &{${goPrint(value)}}`);
  }
}

function scalarError({ scalar }: ScalarType, value: JsonValue): string | undefined {
  switch (scalar) {
    case "string":
      return typeof value === "string" ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case "numeric":
      return typeof value === "number" || typeof value === "bigint" ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got &{${goPrint(value)}}`;
    default:
      return typeof value === "object" ? `expected any scalar, got &{${goPrint(value)}}` : undefined;
  }
}

function validateMap(type: MapType, map: JsonObject, path: string, errors: string[]): void {
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value === undefined) continue;
    const child = type.fields.get(key) ?? type.element;
    const childPath = path + printElement(fieldElement(key));
    if (!child) errors.push(`${childPath}: field not declared in schema`);
    else if (!(child.kind === "scalar" && child.unowned && child.scalar === "any")) validate(child, value, childPath, errors);
  }
}

function validateItems(type: ListType, list: readonly JsonValue[], path: string, errors: string[]): void {
  if (type.relation === "atomic") {
    list.forEach((item, i) => validate(type.element ?? deduced, item, `${path}[${i}]`, errors));
    return;
  }
  const seen = new Set<string>();
  list.forEach((item, i) => {
    const element = itemElement(type, item);
    if (element === undefined) {
      const why =
        type.relation === "set"
          ? "associative list without keys has an element that's an explicit null"
          : typeof item !== "object" || item === null || Array.isArray(item)
            ? "associative list with keys may not have non-map elements"
            : `associative list with keys has an element that omits all key fields [${type.keys
                .map((key) => JSON.stringify(key))
                .join(" ")}] (and doesn't have default values for any key fields)`;
      errors.push(`${path}: element ${i}: ${why}`);
      return;
    }
    if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${printElement(element)}`);
    seen.add(element);
    validate(type.element, item, path + printElement(element), errors);
  });
}
