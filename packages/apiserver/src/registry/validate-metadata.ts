import { fieldForbidden, fieldInvalid, fieldRequired, isLabelValue, isQualifiedName } from "@meshplane/apimachinery";
import type { FieldError, ObjectMeta, OwnerReference } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "../resource-definition.ts";
import { nameFieldErrors } from "./names.ts";

const annotationBytesMax = 256 << 10;
const standardFinalizers = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

/** @see k8s.io/apimachinery api/validation/objectmeta.go */
export function validateMetadata(metadata: ObjectMeta, definition: ResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const { strategy } = definition;
  if (metadata.generateName) errors.push(...nameFieldErrors(strategy, "metadata.generateName", metadata.generateName, true));
  if (!metadata.name) errors.push(fieldRequired("metadata.name", "name or generateName is required"));
  else errors.push(...nameFieldErrors(strategy, "metadata.name", metadata.name, false));
  if (definition.namespaced && !metadata.namespace) errors.push(fieldRequired("metadata.namespace"));
  if (metadata.labels) errors.push(...labelErrors(metadata.labels));
  if (metadata.annotations) errors.push(...annotationErrors(metadata.annotations));
  if (metadata.ownerReferences) errors.push(...ownerErrors(metadata.ownerReferences));
  if (metadata.finalizers) errors.push(...finalizerErrors(metadata.finalizers));
  return errors;
}

/** What an update may not change, on top of `validateMetadata`. */
export function validateMetadataUpdate(next: ObjectMeta, current: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (current.deletionTimestamp != null && next.finalizers) {
    const before = new Set(current.finalizers);
    const added = next.finalizers.filter((finalizer) => !before.has(finalizer));
    if (added.length > 0) {
      const printed = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
      errors.push(
        fieldForbidden(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${printed}}`,
        ),
      );
    }
  }
  if (next.name !== current.name) errors.push(immutable("metadata.name", next.name));
  if ((next.namespace ?? "") !== (current.namespace ?? "")) errors.push(immutable("metadata.namespace", next.namespace));
  if (next.uid !== current.uid) errors.push(immutable("metadata.uid", next.uid));
  return errors;
}

const immutable = (field: string, value: unknown): FieldError => fieldInvalid(field, value ?? "", "field is immutable");

function labelErrors(labels: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels).sort()) {
    for (const detail of isQualifiedName(key)) errors.push(fieldInvalid("metadata.labels", key, detail));
    for (const detail of isLabelValue(labels[key]!)) errors.push(fieldInvalid("metadata.labels", labels[key], detail));
  }
  return errors;
}

function annotationErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations)) {
    for (const detail of isQualifiedName(key.toLowerCase())) errors.push(fieldInvalid("metadata.annotations", key, detail));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!);
  }
  if (size > annotationBytesMax)
    errors.push({
      type: "FieldValueTooLong",
      field: "metadata.annotations",
      detail: `Too long: may not be more than ${annotationBytesMax} bytes`,
    });
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const owner of owners) {
    const slash = (owner.apiVersion ?? "").indexOf("/");
    const version = slash < 0 ? (owner.apiVersion ?? "") : owner.apiVersion.slice(slash + 1);
    if (version === "")
      errors.push(fieldInvalid("metadata.ownerReferences.apiVersion", owner.apiVersion ?? "", "version must not be empty"));
    if (!owner.kind) errors.push(fieldInvalid("metadata.ownerReferences.kind", owner.kind ?? "", "must not be empty"));
    if (!owner.name) errors.push(fieldInvalid("metadata.ownerReferences.name", owner.name ?? "", "must not be empty"));
    if (!owner.uid) errors.push(fieldInvalid("metadata.ownerReferences.uid", owner.uid ?? "", "must not be empty"));
    if (owner.kind === "Event" && (owner.apiVersion === "v1" || owner.apiVersion === "events.k8s.io/v1")) {
      const [group, v] = slash < 0 ? ["", version] : [owner.apiVersion.slice(0, slash), version];
      errors.push(fieldInvalid("metadata.ownerReferences", owner, `${group}/${v}, Kind=Event is disallowed from being an owner`));
    }
    if (owner.controller !== true) continue;
    if (controller) {
      errors.push(
        fieldInvalid(
          "metadata.ownerReferences",
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller.kind}/${controller.name} and ${owner.kind}/${owner.name}`,
        ),
      );
    } else controller = owner;
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  finalizers.forEach((finalizer, i) => {
    const wrong = isQualifiedName(finalizer);
    for (const detail of wrong) errors.push(fieldInvalid("metadata.finalizers", finalizer, detail));
    if (wrong.length === 0 && !finalizer.includes("/") && !standardFinalizers.has(finalizer)) {
      errors.push(
        fieldInvalid(`metadata.finalizers[${i}]`, finalizer, "name is neither a standard finalizer name nor is it fully qualified"),
      );
    }
  });
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldInvalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}

/** Finalizers that work but should carry a domain (wire 3). */
export function finalizerWarnings(finalizers: readonly string[] | undefined): string[] {
  if (!finalizers) return [];
  return finalizers
    .filter((finalizer) => finalizer.includes("/") === false && !standardFinalizers.has(finalizer))
    .map(
      (finalizer) =>
        `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );
}
