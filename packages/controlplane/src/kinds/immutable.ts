import { equalJson, fieldForbidden, fieldInvalid, type FieldError } from "@meshplane/apimachinery";

/** A field that no update may change. Absent and empty are alike. */
export const unchanged = (field: string, next: unknown, current: unknown): FieldError[] =>
  equalJson(orEmpty(next), orEmpty(current)) ? [] : [fieldInvalid(field, next ?? "", "field is immutable")];

const orEmpty = (value: unknown): unknown => {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return null;
  return typeof value === "object" && Object.keys(value).length === 0 ? null : value;
};

/** What `immutable: true` of a ConfigMap or Secret protects: itself and the named maps. */
export function sealed(next: Record<string, unknown>, current: Record<string, unknown>, ...fields: string[]): FieldError[] {
  if (current.immutable !== true) return [];
  const errors: FieldError[] = [];
  for (const field of ["immutable", ...fields]) {
    const same = field === "immutable" ? next.immutable === true : equalJson(orEmpty(next[field]), orEmpty(current[field]));
    if (!same) errors.push(fieldForbidden(field, "field is immutable when `immutable` is set"));
  }
  return errors;
}
