import { validateObjectMeta, validateObjectMetaUpdate } from "@meshplane/apimachinery";
import type { FieldError, ObjectMeta, ObjectMetaRules } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "../resource-definition.ts";
import { nameErrors } from "./names.ts";

const rules = new WeakMap<ResourceDefinition, ObjectMetaRules>();

function rulesOf(definition: ResourceDefinition): ObjectMetaRules {
  let known = rules.get(definition);
  if (!known) {
    const { strategy, namespaced, builtIn } = definition;
    known = {
      namespaced,
      nameValidation: (name, prefix) => nameErrors(strategy, name, prefix),
      qualifiedFinalizers: builtIn && !strategy.anyFinalizers,
    };
    rules.set(definition, known);
  }
  return known;
}

export const validateMetadata = (metadata: ObjectMeta, definition: ResourceDefinition): FieldError[] =>
  validateObjectMeta(metadata, rulesOf(definition));

/** Upstream looks twice, in the generic path and in the kind's strategy, and says so: clients see each cause as often. */
export function validateMetadataUpdate(next: ObjectMeta, current: ObjectMeta, definition: ResourceDefinition): FieldError[] {
  const changes = validateObjectMetaUpdate(next, current);
  const states = validateObjectMeta(next, rulesOf(definition));
  if (changes.length === 0 && states.length === 0) return changes;
  return definition.builtIn ? [...changes, ...states, ...changes, ...states] : [...changes, ...states, ...changes];
}

const standardFinalizers = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

/** Finalizers that work but should carry a domain (wire 3). */
export function finalizerWarnings(finalizers: readonly string[] | undefined): string[] {
  if (!finalizers) return [];
  return finalizers
    .filter((finalizer) => !finalizer.includes("/") && !standardFinalizers.has(finalizer))
    .map(
      (finalizer) =>
        `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );
}
