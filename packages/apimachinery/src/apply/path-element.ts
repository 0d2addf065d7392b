/**
 * One step of a field's path, in the text that managedFields use: `f:name` a field, `k:{"name":"a"}` an item by its keys, `v:"a"` an
 * item of a set by its value, `i:0` by its position. Canonical: equal steps have equal texts.
 * @see sigs.k8s.io/structured-merge-diff fieldpath
 */
import { decodeJson } from "../json/decode.ts";
import { encodeJson } from "../json/encode.ts";
import type { JsonObject, JsonValue } from "../object.ts";

export type PathElement = string;

export const fieldElement = (name: string): PathElement => `f:${name}`;
export const valueElement = (value: JsonValue): PathElement => `v:${canonicalJson(value)}`;

/** JSON with sorted keys. */
function canonicalJson(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return encodeJson(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  return `{${Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!)}`)
    .join(",")}}`;
}

/**
 * The item of a keyed list: its key fields, or their defaults; a key that has neither is left out.
 * @returns undefined when the item has none of the keys
 */
export function keyElement(item: JsonValue, keys: readonly string[], defaults: ReadonlyMap<string, JsonValue>): PathElement | undefined {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  let text = "";
  for (const key of keys) {
    const own = Object.hasOwn(item, key) ? item[key] : undefined;
    const value = own ?? defaults.get(key);
    if (value === undefined || value === null) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(value)}`;
  }
  return text === "" ? undefined : `k:{${text}}`;
}

/**
 * The canonical form of a step that a client wrote.
 * @returns undefined for a kind of step that we do not know. @throws Error when it is malformed
 */
export function normalizeElement(text: string): PathElement | undefined {
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "v:":
      return valueElement(decodeJson(text.slice(2)).value);
    case "k:": {
      const value = decodeJson(text.slice(2)).value;
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`bad key ${text}`);
      return `k:${canonicalJson(value)}`;
    }
    case "i:":
      if (!/^i:-?[0-9]+$/.test(text)) throw new Error(`bad index ${text}`);
      return text;
    default:
      return undefined;
  }
}

/** `.spec`, `[name="a"]`, `[="a"]`, `[0]`: as conflicts print it. */
export function printElement(element: PathElement): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
      return `.${rest}`;
    case "k:": {
      const keys = decodeJson(rest).value as JsonObject;
      return `[${Object.keys(keys)
        .map((key) => `${key}=${canonicalJson(keys[key]!)}`)
        .join(",")}]`;
    }
    case "v:":
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

export const printPath = (path: readonly PathElement[]): string => path.map(printElement).join("");
