import type { ResourceDefinition } from "@meshplane/apiserver";

/** The definition with some parts replaced. What is computed on demand stays so: everything else is read through the prototype. */
export function deriveDefinition(definition: ResourceDefinition, changes: Partial<ResourceDefinition>): ResourceDefinition {
  const derived = Object.create(definition) as ResourceDefinition;
  for (const [key, value] of Object.entries(changes)) Object.defineProperty(derived, key, { value, enumerable: true });
  return derived;
}
