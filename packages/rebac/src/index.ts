export type * from "./open-fga.ts";
export type * from "./model/authorization-model.ts";
export { errorCodes, OpenFgaError, type ErrorCode } from "./errors.ts";
