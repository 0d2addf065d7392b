/**
 * What every object's metadata must fulfil, with upstream's texts.
 * @see k8s.io/apimachinery api/validation, apis/meta/v1/validation
 */
import { equalJson } from "../json/equal.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../object.ts";
import { fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong, type FieldError } from "../status/field-error.ts";
import { utf8Length } from "../utf8-length.ts";
import { dnsLabelName, isLabelValue, isQualifiedName, type NameValidation } from "./names.ts";

/** All keys and values of annotations together. */
export const annotationsBytesMax = 256 * 1024;
export const fieldManagerBytesMax = 128;
const subresourceBytesMax = 256;

export interface ObjectMetaRules {
  namespaced: boolean;
  nameValidation: NameValidation;
  /** Built-in kinds also want finalizers to be standard ones or qualified by a domain. */
  qualifiedFinalizers?: boolean;
}

/** @returns everything that is wrong with the metadata of a new object; fields begin with `metadata.` */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, namespace, generation } = meta;
  if (generateName) pushInvalid(errors, "metadata.generateName", generateName, rules.nameValidation(generateName, true));
  if (!name) errors.push(fieldRequired("metadata.name", "name or generateName is required"));
  else pushInvalid(errors, "metadata.name", name, rules.nameValidation(name, false));
  if (rules.namespaced) {
    if (!namespace) errors.push(fieldRequired("metadata.namespace"));
    else pushInvalid(errors, "metadata.namespace", namespace, dnsLabelName(namespace, false));
  } else if (namespace) errors.push(fieldForbidden("metadata.namespace", "not allowed on this type"));
  if (generation !== undefined && generation < 0) {
    errors.push(fieldInvalid("metadata.generation", generation, "must be greater than or equal to 0"));
  }
  validateCommon(errors, meta);
  validateFinalizers(errors, meta.finalizers);
  validateManagedFields(errors, meta.managedFields);
  if (rules.qualifiedFinalizers) validateQualifiedFinalizers(errors, meta.finalizers);
  return errors;
}

/**
 * @returns everything that is wrong with the metadata that replaces another; fields begin with `metadata.`. The resourceVersion is not looked at:
 *   it is a precondition, answered before validation.
 */
export function validateObjectMetaUpdate(next: ObjectMeta, current: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (current.deletionTimestamp) {
    const before = new Set(current.finalizers ?? []);
    const added = [...new Set(next.finalizers ?? [])].filter((finalizer) => !before.has(finalizer)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
      errors.push(
        fieldForbidden(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
        ),
      );
    }
  }
  if ((next.generation ?? 0) < (current.generation ?? 0)) {
    errors.push(fieldInvalid("metadata.generation", next.generation ?? 0, "must not be decremented"));
  }
  for (const field of ["name", "namespace", "uid"] as const) {
    if ((next[field] ?? "") !== (current[field] ?? "")) {
      errors.push(fieldInvalid(`metadata.${field}`, next[field] ?? "", "field is immutable"));
    }
  }
  for (const field of ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if ((next[field] ?? null) !== (current[field] ?? null)) {
      errors.push(fieldInvalid(`metadata.${field}`, next[field] ?? null, "field is immutable"));
    }
  }
  // What passed before and is still the same passes now.
  if (!sameCommon(next, current)) validateCommon(errors, next);
  validateManagedFields(errors, next.managedFields);
  return errors;
}

const sameCommon = (a: ObjectMeta, b: ObjectMeta): boolean =>
  equalJson(a.labels, b.labels) && equalJson(a.annotations, b.annotations) && equalJson(a.ownerReferences, b.ownerReferences);

function pushInvalid(errors: FieldError[], field: string, value: unknown, texts: readonly string[]): void {
  for (const text of texts) errors.push(fieldInvalid(field, value, text));
}

function validateCommon(errors: FieldError[], { labels, annotations, ownerReferences }: ObjectMeta): void {
  validateLabels(errors, labels, "metadata.labels");
  validateAnnotations(errors, annotations, "metadata.annotations");
  if (ownerReferences) validateOwnerReferences(errors, ownerReferences);
}

/** Adds what is wrong with labels, wherever they stand (`metadata.labels`, a template's). */
export function validateLabels(errors: FieldError[], labels: Record<string, string> | undefined, field: string): void {
  for (const key in labels) {
    pushInvalid(errors, field, key, isQualifiedName(key));
    pushInvalid(errors, field, labels[key], isLabelValue(labels[key]!));
  }
}

/** Adds what is wrong with annotations. Keys may have upper case letters in their prefix. */
export function validateAnnotations(errors: FieldError[], annotations: Record<string, string> | undefined, field: string): void {
  let bytes = 0;
  for (const key in annotations) {
    pushInvalid(errors, field, key, isQualifiedName(key.toLowerCase()));
    bytes += utf8Length(key) + utf8Length(annotations[key]!);
  }
  if (bytes > annotationsBytesMax) errors.push(fieldTooLong(field, annotationsBytesMax));
}

/** The fields in the order in which upstream prints them. */
const printable = ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): OwnerReference => ({
  apiVersion: apiVersion ?? "",
  kind: kind ?? "",
  name: name ?? "",
  uid: uid ?? "",
  ...(controller === undefined || controller === null ? {} : { controller }),
  ...(blockOwnerDeletion === undefined || blockOwnerDeletion === null ? {} : { blockOwnerDeletion }),
});

function validateOwnerReferences(errors: FieldError[], references: readonly OwnerReference[]): void {
  const field = "metadata.ownerReferences";
  let firstController = "";
  for (const reference of references) {
    const { apiVersion, kind, name, uid } = reference;
    const version = apiVersion?.slice(apiVersion.indexOf("/") + 1);
    if (!version) errors.push(fieldInvalid(`${field}.apiVersion`, apiVersion ?? "", "version must not be empty"));
    if (!kind) errors.push(fieldInvalid(`${field}.kind`, kind ?? "", "must not be empty"));
    if (!name) errors.push(fieldInvalid(`${field}.name`, name ?? "", "must not be empty"));
    if (!uid) errors.push(fieldInvalid(`${field}.uid`, uid ?? "", "must not be empty"));
    if (apiVersion === "v1" && kind === "Event") {
      errors.push(fieldInvalid(field, printable(reference), "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (reference.controller !== true) continue;
    const controller = `${kind}/${name}`;
    if (firstController === "") firstController = controller;
    else {
      errors.push(
        fieldInvalid(
          field,
          references.map(printable),
          `Only one reference can have Controller set to true. Found "true" in references for ${firstController} and ${controller}`,
        ),
      );
    }
  }
}

function validateFinalizers(errors: FieldError[], finalizers: readonly string[] | undefined): void {
  if (!finalizers) return;
  for (const finalizer of finalizers) pushInvalid(errors, "metadata.finalizers", finalizer, isQualifiedName(finalizer));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldInvalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
}

const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

function validateQualifiedFinalizers(errors: FieldError[], finalizers: readonly string[] | undefined): void {
  finalizers?.forEach((finalizer, i) => {
    if (finalizer.includes("/") || standardFinalizers.has(finalizer) || isQualifiedName(finalizer).length > 0) return;
    errors.push(
      fieldInvalid(`metadata.finalizers[${i}]`, finalizer, "name is neither a standard finalizer name nor is it fully qualified"),
    );
  });
}

function validateManagedFields(errors: FieldError[], entries: readonly ManagedFieldsEntry[] | undefined): void {
  entries?.forEach(({ operation, fieldsType, manager, subresource }, i) => {
    const field = `metadata.managedFields[${i}]`;
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(fieldInvalid(`${field}.operation`, operation ?? "", "must be `Apply` or `Update`"));
    }
    if (fieldsType && fieldsType !== "FieldsV1") {
      errors.push(fieldInvalid(`${field}.fieldsType`, fieldsType, "must be `FieldsV1`"));
    }
    if (manager) errors.push(...validateFieldManager(manager, `${field}.manager`));
    if (subresource && utf8Length(subresource) > subresourceBytesMax) {
      errors.push(fieldTooLong(`${field}.subresource`, subresourceBytesMax));
    }
  });
}

/** What is wrong with a field manager's name, of an object or of a request's `fieldManager`: 128 bytes, printable. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (utf8Length(manager) > fieldManagerBytesMax) errors.push(fieldTooLong(field, fieldManagerBytesMax));
  let position = 0;
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      errors.push(fieldInvalid(field, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += utf8Length(character);
  }
  return errors;
}
