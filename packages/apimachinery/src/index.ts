export * from "./object.ts";
export * from "./names.ts";
export * from "./cluster/path.ts";
export * from "./status/status-error.ts";
export * from "./status/field-error.ts";
export * from "./status/errors.ts";
export type * from "./schema/json-schema.ts";
