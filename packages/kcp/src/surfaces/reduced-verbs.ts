import type { ResourceDefinition, Verb } from "@meshplane/apiserver";

/** changes stay possible: finalizers are taken off by them */
const deletionVerbs: readonly Verb[] = ["delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const reduced = new WeakMap<ResourceDefinition, ResourceDefinition>();

const terminating = "create not allowed while custom resource definition is terminating";

/** What is left of a bound resource while its binding is being deleted: nothing new comes in. @see spec apis §5.4 */
export function withReducedVerbs(definition: ResourceDefinition): ResourceDefinition {
  let known = reduced.get(definition);
  if (!known) {
    known = { ...definition, verbs: definition.verbs.filter((verb) => deletionVerbs.includes(verb)), createRefusal: terminating };
    reduced.set(definition, known);
  }
  return known;
}
