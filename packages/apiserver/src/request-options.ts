import { badRequest, fieldForbidden, fieldInvalid, fieldNotSupported, invalid, plainError } from "@meshplane/apimachinery";
import type { FieldError } from "@meshplane/apimachinery";
import type { Query } from "./http/http-request.ts";

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** server-side apply: take fields that others own */
  readonly force: boolean;
  /** create, in process only: the status is stored as it is given */
  readonly withStatus?: boolean;
}

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** 0: no limit */
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks: boolean;
  /** undefined when the client said nothing */
  readonly sendInitialEvents: boolean | undefined;
  /** undefined: the server chooses */
  readonly timeoutSeconds: number | undefined;
}

export const noListOptions: ListOptions = Object.freeze({
  labelSelector: "",
  fieldSelector: "",
  limit: 0,
  continue: "",
  resourceVersion: "",
  resourceVersionMatch: "",
});

/** wire 68: `true`, `1`, `yes` and a bare `watch` all watch. */
export const isWatch = (query: Query): boolean => booleanOf(query, "watch") ?? false;

/** As Go's conversion reads booleans: false for "false" and "0", true for anything else that is there. */
export function booleanOf(query: Query, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === undefined) return undefined;
  return !(value === "false" || value === "0" || value.toLowerCase() === "false");
}

const plainWriteOptions: WriteOptions = Object.freeze({ dryRun: false, fieldManager: "", fieldValidation: "Warn", force: false });

/**
 * @param kind `CreateOptions`, `UpdateOptions`, `PatchOptions`: error texts name it
 * @throws StatusError 422 (wire 18, 51, 53)
 */
export function writeOptionsOf(query: Query, kind: string, apply = false): WriteOptions {
  if (query.text === "" && !apply) return plainWriteOptions;
  const errors: FieldError[] = [];
  const dryRun = dryRunOf(query, errors);
  const manager = query.get("fieldManager") ?? "";
  const force = booleanOf(query, "force");
  if (apply && manager === "")
    errors.push({ type: "FieldValueRequired", field: "fieldManager", detail: "Required value: is required for apply patch" });
  if (!apply && force !== undefined && kind === "PatchOptions")
    errors.push(fieldForbidden("force", "may not be specified for non-apply patch"));
  errors.push(...fieldManagerErrors(manager));
  const validation = query.get("fieldValidation") ?? "";
  if (validation !== "" && validation !== "Ignore" && validation !== "Warn" && validation !== "Strict") {
    errors.push(fieldNotSupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]));
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun,
    fieldManager: manager,
    force: force ?? false,
    fieldValidation: validation === "Ignore" || validation === "Strict" ? validation : "Warn",
  };
}

export function dryRunOf(query: Query, errors: FieldError[]): boolean {
  const value = query.get("dryRun");
  if (value === undefined) return false;
  if (value !== "All") errors.push({ ...fieldNotSupported("dryRun", [value], ["All"]) });
  return true;
}

const fieldManagerBytesMax = 128;

export function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > fieldManagerBytesMax) {
    errors.push({
      type: "FieldValueTooLong",
      field: "fieldManager",
      detail: `Too long: may not be more than ${fieldManagerBytesMax} bytes`,
    });
  }
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      errors.push(fieldInvalid("fieldManager", manager, `invalid character U+${code} (at position ${position})`));
    }
    position++;
  }
  return errors;
}

const isPrintable = (character: string): boolean => character === " " || !/[\p{C}\p{Z}]/u.test(character);

/** @throws StatusError 400 */
export function listOptionsOf(query: Query): ListOptions {
  if (query.text === "") return noListOptions;
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    limit: Math.max(0, integerOf(query, "limit") ?? 0),
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  };
}

/** @throws StatusError 400, 422 (wire 71, 73) */
export function watchOptionsOf(query: Query): WatchOptions {
  const list = listOptionsOf(query);
  const timeoutSeconds = integerOf(query, "timeoutSeconds");
  const sendInitialEvents = booleanOf(query, "sendInitialEvents");
  const errors: FieldError[] = [];
  const match = list.resourceVersionMatch;
  if (sendInitialEvents !== undefined) {
    if (match !== "NotOlderThan") {
      errors.push(fieldForbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
      if (match !== "") errors.push(fieldNotSupported("resourceVersionMatch", match, ["NotOlderThan"]));
    }
    if (list.continue !== "")
      errors.push(fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  } else if (match !== "") {
    errors.push(fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  }
  if (errors.length > 0) throw invalidListOptions(errors);
  return { ...list, allowWatchBookmarks: booleanOf(query, "allowWatchBookmarks") ?? false, sendInitialEvents, timeoutSeconds };
}

/** @throws StatusError 422 (wire 63) */
export function requireListOptions(options: ListOptions, query: Query | undefined): void {
  const match = options.resourceVersionMatch;
  const errors: FieldError[] = [];
  if (query?.has("sendInitialEvents")) errors.push(fieldForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  if (match !== "") {
    if (options.resourceVersion === "")
      errors.push(fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continue !== "")
      errors.push(fieldForbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan")
      errors.push(fieldNotSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    else if (match === "Exact" && options.resourceVersion === "0")
      errors.push(fieldForbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (errors.length > 0) throw invalidListOptions(errors);
}

const invalidListOptions = (errors: FieldError[]) => invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);

/** @throws StatusError 400 */
export function integerOf(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

/** undefined when it is no unsigned integer; numbers beyond any revision become the largest safe integer. */
export function parseResourceVersion(text: string): number | undefined {
  if (text.length > 20 || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  if (value > 2 ** 64) return undefined;
  return Number.isSafeInteger(value) ? value : Number.MAX_SAFE_INTEGER;
}

const parseUintError = (text: string): string =>
  `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? "value out of range" : "invalid syntax"}`;

/** What GET and watch answer to a resourceVersion that is none. @see wire 62 */
export const garbageResourceVersion = (text: string) =>
  plainError(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${parseUintError(text)}`);
export const garbageListResourceVersion = (text: string) =>
  badRequest(`invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ${parseUintError(text)}`);
/** of a body @see wire 45 */
export const garbageObjectResourceVersion = (text: string) => plainError(parseUintError(text));
