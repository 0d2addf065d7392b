import { copyJson, equalJson, type FieldError, type JsonSchema, type KubeObject } from "@meshplane/apimachinery";
import type { Strategy } from "@meshplane/apiserver";
import { timestamp } from "@meshplane/controller-runtime";
import { cleanupFinalizer, isCrdConditionTrue, type Crd, type CrdCondition } from "./crd.ts";
import { childSchemas } from "../structural/values.ts";
import { formatWarnings } from "./format-warnings.ts";
import { requireCrdTypes } from "./require-crd-types.ts";
import { validateCrd, validateCrdUpdate } from "./validate-crd.ts";

/** Defaults of names and flags. @throws StatusError 400 for values of wrong types. @see k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go */
export function applyCrdDefaults(object: KubeObject): void {
  requireCrdTypes(object);
  const crd = object as Crd;
  const given = crd.spec !== undefined;
  const spec = (crd.spec ??= {} as Crd["spec"]);
  const names = (spec.names ??= {} as Crd["spec"]["names"]);
  if (names.kind) {
    if (!names.singular) names.singular = names.kind.toLowerCase();
    if (!names.listKind) names.listKind = `${names.kind}List`;
  }
  // an empty object shows what is always there; the conversion is a choice, somebody's own
  if (given && !spec.conversion) spec.conversion = { strategy: "None" };
  if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
  for (const version of Array.isArray(spec.versions) ? spec.versions : []) {
    version.served ??= false;
    version.storage ??= false;
    if (version.schema?.openAPIV3Schema) dropNullDefaults(version.schema.openAPIV3Schema);
  }
  const status = (crd.status ??= {});
  const accepted = (status.acceptedNames ??= {});
  accepted.plural ??= "";
  accepted.kind ??= "";
  status.conditions ??= null;
  if (!status.storedVersions?.length) {
    const storage = Array.isArray(spec.versions) ? spec.versions.find((version) => version.storage) : undefined;
    if (storage) status.storedVersions = [storage.name];
    else delete status.storedVersions;
  }
}

/** A default of null is no default. */
function dropNullDefaults(schema: JsonSchema): void {
  if (schema.default === null) delete schema.default;
  for (const child of childSchemas(schema)) if (typeof child === "object" && child !== null) dropNullDefaults(child);
}

/** Every version that is or was the storage version stays named until somebody has migrated its objects. */
function rememberStorageVersion(crd: Crd): void {
  const storage = crd.spec.versions?.find((version) => version.storage);
  if (!storage) return;
  const stored = ((crd.status ??= {}).storedVersions ??= []);
  if (!stored.includes(storage.name)) stored.push(storage.name);
}

const asCrd = (object: KubeObject): Crd => object as Crd;

/** @param now the server's clock in milliseconds */
export function crdStrategy(now: () => number): Strategy {
  const statusOf = (current: KubeObject): Crd["status"] => copyJson(asCrd(current).status ?? {});
  const validate = (next: KubeObject, current: KubeObject): FieldError[] => validateCrdUpdate(asCrd(next), asCrd(current));
  return {
    nameValidation: "dns1123Subdomain",
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    returnsObjectOnDelete: true,
    anyFinalizers: true,
    applyDefaults: applyCrdDefaults,
    prepareForCreate(object) {
      const crd = asCrd(object);
      crd.status = { acceptedNames: { kind: "", plural: "" }, conditions: null };
      rememberStorageVersion(crd);
    },
    prepareForUpdate(next, current) {
      const crd = asCrd(next);
      crd.status = statusOf(current)!;
      rememberStorageVersion(crd);
    },
    validateCreate: (object) => validateCrd(asCrd(object)),
    validateUpdate: validate,
    specChanged: (next, current) => !equalJson(asCrd(next).spec, asCrd(current).spec),
    // names and versions were checked with the spec
    status: {},
    warnings: (object) => formatWarnings(asCrd(object)),
    beginDelete(object) {
      const crd = asCrd(object);
      const finalizers = (crd.metadata.finalizers ??= []);
      if (!isCrdConditionTrue(crd, "Established") && !finalizers.includes(cleanupFinalizer)) return "default";
      if (!finalizers.includes(cleanupFinalizer)) finalizers.push(cleanupFinalizer);
      if (!isCrdConditionTrue(crd, "Terminating")) setTerminating(crd, now());
      return "keep";
    },
  };
}

function setTerminating(crd: Crd, now: number): void {
  const condition: Omit<CrdCondition, "observedGeneration"> = {
    type: "Terminating",
    status: "True",
    lastTransitionTime: timestamp(new Date(now)),
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  };
  const status = (crd.status ??= {});
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== "Terminating"), condition];
}
