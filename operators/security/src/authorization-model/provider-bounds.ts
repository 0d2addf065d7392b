/**
 * What a provider's modules and tuples may be about: the resources that it exports itself. Without that bound an administrator of any provider's workspace could
 * write himself the owner of any organization.
 */
import {
  accountType,
  groupName,
  namespaceType,
  parentRelation,
  type RelationshipTuple,
  roleType,
  typeName,
} from "@meshplane/apis/platform-mesh";
import type { Additions } from "../model/merge-modules.ts";
import type { ModelledResource } from "../model/resource-module.ts";

export class ProviderBounds {
  readonly #types = new Set<string>();
  readonly #parentRelations = new Set<string>();
  readonly #prefixes = new Set<string>();

  constructor(exported: readonly Pick<ModelledResource, "group" | "plural" | "singular">[]) {
    for (const { group, plural, singular } of exported) {
      if (`create__${plural}`.length > 50) continue;
      this.#types.add(typeName(group, plural, singular));
      for (const verb of ["create", "list", "watch"]) this.#parentRelations.add(parentRelation(verb, group, plural));
      this.#prefixes.add(`${groupName(group, plural)}_`);
    }
  }

  /** @returns why a module may not add that */
  refuseModule({ types, relations }: Additions): string | undefined {
    for (const type of types) if (!this.#types.has(type)) return `type ${type} is of no resource that this workspace exports`;
    for (const { type, relation } of relations) {
      if (this.#types.has(type)) continue;
      if (type !== accountType && type !== namespaceType) return `type ${type} may not be extended`;
      const own = this.#parentRelations.has(relation) || [...this.#prefixes].some((prefix) => relation.startsWith(prefix));
      if (!own) return `relation ${relation} on ${type} is about no resource that this workspace exports`;
    }
    return undefined;
  }

  /** @returns why a tuple may not be written */
  refuseTuple({ object, relation }: RelationshipTuple): string | undefined {
    const type = object.slice(0, object.indexOf(":"));
    const ofRole = type === roleType ? object.slice(roleType.length + 1, object.indexOf("/")) : type;
    return this.#types.has(ofRole) ? undefined : `tuple ${object}#${relation} is about no resource that this workspace exports`;
  }
}
