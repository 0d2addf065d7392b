export * from "./crd/crd.ts";
export { crdDefinition, definitionsOfCrd } from "./crd/crd-definition.ts";
export { crdControllerOptions, type CrdControllerDependencies } from "./crd/crd-controller.ts";
export { acceptNames, type NamesVerdict } from "./crd/accept-names.ts";
export { applyCrdDefaults } from "./crd/crd-strategy.ts";
export { validateCrd, validateCrdUpdate } from "./crd/validate-crd.ts";
export { checkSchema } from "./structural/check-schema.ts";
export { compileSchema, hashOf, type CompiledSchema } from "./structural/compile-schema.ts";
export { hasUnknownFields } from "./structural/unknown-fields.ts";
export {
  definitionsFromCrd,
  verbsOfCustomResources,
  type CrdLikeSpec,
  type DefinitionOptions,
} from "./definition/definitions-from-crd.ts";
export { humanDuration, tableOf } from "./definition/columns.ts";
export { parseJsonPath, type JsonPath } from "./definition/json-path.ts";
export { compareVersions } from "./definition/versions.ts";
export { webhookConverter, type PostJson } from "./definition/webhook-conversion.ts";
