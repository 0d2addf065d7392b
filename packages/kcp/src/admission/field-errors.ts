import { formatFieldErrors, type FieldError } from "@meshplane/apimachinery";

/** Field errors as Go prints a list of them: in brackets, be it one. */
export const listText = (errors: readonly FieldError[]): string => `[${errors.map((error) => formatFieldErrors([error])).join(" ")}]`;
