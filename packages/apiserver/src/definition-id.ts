import type { ResourceDefinition } from "./resource-definition.ts";

const ids = new WeakMap<ResourceDefinition, number>();
let last = 0;

/** A number that stands for this very definition: two that are not the same value may show the same record differently. */
export function definitionId(definition: ResourceDefinition): number {
  let id = ids.get(definition);
  if (id === undefined) ids.set(definition, (id = ++last));
  return id;
}
