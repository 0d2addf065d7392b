/** One thing wrong with one field. `type` is the cause's reason, `detail` its message without the field. */
export interface FieldError {
  type:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueDuplicate"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueTypeInvalid"
    | "FieldValueNotFound"
    | "InternalError";
  /** `spec.rules[0].host`; "" for the object itself. */
  field: string;
  /** `Invalid value: "x": must be …`, as upstream's ErrorBody prints it. */
  detail: string;
}

/**
 * The value as Go's field.Error prints it inside "Invalid value: …": strings quoted, numbers and booleans plain, null as "null",
 * objects and arrays as compact JSON.
 */
export function printValue(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value === undefined) return "null";
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? Number(v) : v));
}

export const fieldRequired = (field: string, detail = ""): FieldError => ({
  type: "FieldValueRequired",
  field,
  detail: detail ? `Required value: ${detail}` : "Required value",
});
export const fieldInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field,
  detail: `Invalid value: ${printValue(value)}${detail ? `: ${detail}` : ""}`,
});
export const fieldForbidden = (field: string, detail: string): FieldError => ({
  type: "FieldValueForbidden",
  field,
  detail: `Forbidden: ${detail}`,
});
export const fieldDuplicate = (field: string, value: unknown): FieldError => ({
  type: "FieldValueDuplicate",
  field,
  detail: `Duplicate value: ${printValue(value)}`,
});
export const fieldNotSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: "FieldValueNotSupported",
  field,
  detail: `Unsupported value: ${printValue(value)}${supported.length ? `: supported values: ${supported.map((s) => JSON.stringify(s)).join(", ")}` : ""}`,
});
export const fieldTooLong = (field: string, maxBytes: number): FieldError => ({
  type: "FieldValueTooLong",
  field,
  detail: `Too long: may not be more than ${maxBytes} bytes`,
});
export const fieldTooMany = (field: string, actual: number, max: number): FieldError => ({
  type: "FieldValueTooMany",
  field,
  detail: `Too many: ${actual}: must have at most ${max} items`,
});
export const fieldTypeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueTypeInvalid",
  field,
  detail: `Invalid value: ${printValue(value)}: ${detail}`,
});
export const fieldNotFound = (field: string, value: unknown): FieldError => ({
  type: "FieldValueNotFound",
  field,
  detail: `Not found: ${printValue(value)}`,
});
export const fieldInternalError = (field: string, message: string): FieldError => ({
  type: "InternalError",
  field,
  detail: `Internal error: ${message}`,
});

/** One error as it stands; several in brackets, joined by ", ", each text once. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => (error.field ? `${error.field}: ${error.detail}` : `<nil>: ${error.detail}`)))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}
