import { copyJson } from "../json/copy.ts";
import { setOwn } from "../json/decode-exact.ts";
import { equalJson } from "../json/equal.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { badRequest, requestEntityTooLarge } from "../status/errors.ts";
import { failure, type StatusError } from "../status/status-error.ts";
import { goTypeOf } from "./decode-patch.ts";

/** @see k8s.io/apiserver endpoints/handlers maxJSONPatchOperations */
const operationsMax = 10_000;
/** Characters of JSON that all `copy` operations together may add: a body's size. */
const copiedMax = 3 * 1024 * 1024;

/** What nests deeper no decoder would read again. */
const depthMax = 10_000;

type Container = JsonObject | JsonValue[];

/** 422: whatever is wrong with an operation, upstream tells clients no more. */
const rejected = (): StatusError => failure(422, "Invalid", {}, "the server rejected our request due to an error in our request");

interface Operation {
  op: string;
  path: string | undefined;
  from: string | undefined;
  value: JsonValue;
}

/**
 * Applies an RFC 6902 patch with upstream's leniency: `replace` of a key that an object lacks adds it, negative indices count from the end.
 *
 * @param document is not changed; the result shares nothing with it or with the patch
 * @throws StatusError 400 when the patch is not a list of operations, 413 above 10 000 of them, 422 when one cannot be applied.
 *   @see spec wire §5 (52)
 */
export function applyJsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  const operations = readOperations(patch);
  if (operations.length > operationsMax) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${operationsMax}, got ${operations.length}`);
  }
  const holder = { root: copyJson(document), copied: 0 };
  for (const operation of operations) apply(holder, operation);
  return holder.root;
}

function readOperations(patch: JsonValue): Operation[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${goTypeOf(patch)} into Go value of type []handlers.jsonPatchOp`);
  }
  return patch.map((item) => {
    if (typeof item !== "object" || Array.isArray(item)) {
      throw badRequest(`error decoding patch: json: cannot unmarshal ${goTypeOf(item)} into Go value of type handlers.jsonPatchOp`);
    }
    const text = (field: string): string | undefined => {
      const value = item !== null && Object.hasOwn(item, field) ? item[field] : undefined;
      if (value === undefined || value === null) return undefined;
      if (typeof value === "string") return value;
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${goTypeOf(value)} into Go struct field jsonPatchOp.${field} of type string`,
      );
    };
    const value = item !== null && Object.hasOwn(item, "value") ? (item["value"] ?? null) : null;
    return { op: text("op") ?? "", path: text("path"), from: text("from"), value };
  });
}

function apply(holder: { root: JsonValue; copied: number }, { op, path, from, value }: Operation): void {
  if (path === undefined) throw rejected();
  switch (op) {
    case "add":
      add(locate(holder.root, path), copyJson(value));
      return;
    case "remove":
      remove(locate(holder.root, path));
      return;
    case "replace": {
      if (path === "") {
        if (typeof value !== "object" || value === null) throw rejected();
        holder.root = copyJson(value);
        return;
      }
      const place = locate(holder.root, path);
      requireDepth(place, value);
      if (Array.isArray(place.container)) place.container[index(place, place.container.length - 1)] = copyJson(value);
      else setOwn(place.container, place.key, copyJson(value));
      return;
    }
    case "move": {
      const source = locate(holder.root, from);
      const moved = get(source);
      if (moved === undefined) throw rejected();
      remove(source);
      add(locate(holder.root, path), moved);
      return;
    }
    case "copy": {
      const copied = get(locate(holder.root, from)) ?? null;
      // Copies of copies double the document with every operation.
      const { size, depth } = measure(copied, copiedMax - holder.copied);
      holder.copied += size;
      if (holder.copied > copiedMax) throw rejected();
      const place = locate(holder.root, path);
      if (place.depth + depth > depthMax) throw rejected();
      put(place, copyJson(copied));
      return;
    }
    case "test": {
      const actual = path === "" ? holder.root : get(locate(holder.root, path));
      if (!equalJson(actual ?? null, value)) throw rejected();
      return;
    }
    default:
      throw rejected();
  }
}

interface Place {
  container: Container;
  key: string;
  /** containers down to this one */
  depth: number;
}

const decodeSegment = (segment: string): string => (segment.includes("~") ? segment.replaceAll("~1", "/").replaceAll("~0", "~") : segment);

/** The container that a pointer's last segment is a key of. */
function locate(root: JsonValue, pointer: string | undefined): Place {
  const segments = pointer?.split("/");
  if (!segments || segments.length < 2) throw rejected();
  const key = decodeSegment(segments.pop()!);
  let at: JsonValue | undefined = root;
  for (let i = 1; i < segments.length; i++) {
    if (typeof at !== "object" || at === null) throw rejected();
    at = get({ container: at, key: decodeSegment(segments[i]!), depth: i });
  }
  if (typeof at !== "object" || at === null) throw rejected();
  return { container: at, key, depth: segments.length };
}

/**
 * About how many characters of JSON a value has, and how deep containers nest in it.
 * @param enough beyond this size it does not look on
 */
function measure(root: JsonValue, enough: number): { size: number; depth: number } {
  let size = sizeOf(root);
  let depth = 0;
  let level: Container[] = typeof root === "object" && root !== null ? [root] : [];
  while (level.length > 0 && size <= enough) {
    depth++;
    const below: Container[] = [];
    for (const container of level) {
      if (Array.isArray(container)) {
        for (const item of container) {
          size += sizeOf(item) + 1;
          if (typeof item === "object" && item !== null) below.push(item);
        }
      } else {
        for (const key in container) {
          const item = container[key];
          if (item === undefined) continue;
          size += key.length + 4 + sizeOf(item);
          if (typeof item === "object" && item !== null) below.push(item);
        }
      }
      if (size > enough) break;
    }
    level = below;
  }
  return { size, depth };
}

const sizeOf = (value: JsonValue): number =>
  typeof value === "string" ? value.length + 2 : typeof value === "object" && value !== null ? 2 : 5;

function requireDepth({ depth }: { depth: number }, value: JsonValue): void {
  if (typeof value === "object" && value !== null && depth + measure(value, Infinity).depth > depthMax) throw rejected();
}

/** @param last the greatest index that is allowed; negative ones count back from the one after it */
function index({ key }: Place, last: number): number {
  if (!/^[-+]?[0-9]{1,9}$/.test(key)) throw rejected();
  const given = Number(key);
  const actual = given < 0 ? given + last + 1 : given;
  if (actual < 0 || actual > last) throw rejected();
  return actual;
}

function get(place: Place): JsonValue | undefined {
  const { container, key } = place;
  if (Array.isArray(container)) return container[index(place, container.length - 1)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function add(place: Place, value: JsonValue): void {
  requireDepth(place, value);
  put(place, value);
}

function put(place: Place, value: JsonValue): void {
  const { container, key } = place;
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === "-") container.push(value);
  else container.splice(index(place, container.length), 0, value);
}

function remove(place: Place): void {
  const { container, key } = place;
  if (Array.isArray(container)) container.splice(index(place, container.length - 1), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw rejected();
}
