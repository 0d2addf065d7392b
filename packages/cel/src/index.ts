export { compile, type CompileOptions, type Evaluation, type Program } from "./program.ts";
export { CelError, CelEvalError, CelCostExceeded, type CelIssue } from "./errors.ts";
export { library, type CostRule, type FunctionOptions, type Library, type Overload } from "./library.ts";
export { compilePattern } from "./functions/regex.ts";
export { allLibraries, defaultLibraries } from "./functions/index.ts";
export { celValueFrom, converterFor, escapeProperty, typeFromSchema, unescapeProperty, type SchemaLike } from "./schema.ts";
export { formatType, type CelType } from "./types.ts";
export * as types from "./types.ts";
export {
  ArrayList,
  celEquals,
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  EntryMap,
  jsonFromCel,
  typeNameOf,
  type CelValue,
} from "./values.ts";
export { estimateCost, type CostEstimate } from "./estimate-cost.ts";
