export type * from "./open-fga.ts";
export type * from "./model/authorization-model.ts";
export type * from "./tuple-store.ts";
export { errorCodes, OpenFgaError, type ErrorCode } from "./errors.ts";
export { embeddedOpenFga, type EmbeddedOptions } from "./embedded-open-fga.ts";
export { MemoryTupleStore } from "./drivers/memory/memory-tuple-store.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { validateModel } from "./model/validate-model.ts";
