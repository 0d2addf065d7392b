/**
 * What a provider's modules and tuples may be about: the resources that it exports itself, as far as the organization has bound them. Without that bound an
 * administrator of any provider's workspace could write himself the owner of any organization, or of what another provider shares with it.
 */
import {
  accountType,
  groupName,
  namespaceType,
  parentRelation,
  relationLengthMax,
  type RelationshipTuple,
  roleType,
  typeName,
} from "@meshplane/apis/platform-mesh";
import type { Additions } from "../model/merge-modules.ts";
import type { ModelledResource } from "../model/resource-module.ts";

/** verbs that are asked about what holds an object; a request's relation on an account or a namespace always begins so */
const collectionVerbs = ["create", "list", "watch"];

/**
 * Groups that every workspace serves, whether a model covers them or not: what none covers is nobody's, and no export makes it somebody's. As names of types have
 * them, cut from the front: a group that ends as one of these can be cut to the same name.
 */
const systemGroups = [
  ...["tenancy", "topology", "core", "apis", "cache", "migration"].map((name) => `${name}_kcp_io`),
  ...["core", "providers", "system", "ui"].map((name) => `${name}_platform-mesh_io`),
  ...[
    "admissionregistration",
    "apiextensions",
    "authentication",
    "authorization",
    "certificates",
    "coordination",
    "events",
    "flowcontrol_apiserver",
  ].map((name) => `${name}_k8s_io`),
  "rbac_authorization_k8s_io",
];
const isSystemGroup = (name: string): boolean => systemGroups.some((one) => one.endsWith(name));

export class ProviderBounds {
  readonly #types = new Set<string>();
  readonly #parentRelations = new Set<string>();
  readonly #prefixes = new Set<string>();

  /**
   * @param exported what the organization has bound of the workspace
   * @param reserved types that every model has: an export of a resource of the same name, say `accounts.core.platform-mesh.io`, makes nobody their owner
   */
  constructor(exported: readonly Pick<ModelledResource, "group" | "plural" | "singular">[], reserved: ReadonlySet<string>) {
    for (const { group, plural, singular } of exported) {
      if (`create__${plural}`.length > relationLengthMax) continue;
      if (isSystemGroup(groupName(group, plural))) continue;
      const type = typeName(group, plural, singular);
      if (reserved.has(type) || type === accountType || type === namespaceType || type === roleType) continue;
      this.#types.add(type);
      for (const verb of collectionVerbs) this.#parentRelations.add(parentRelation(verb, group, plural));
      this.#prefixes.add(`${groupName(group, plural)}_`);
    }
  }

  /** @returns why a module may not add that */
  refuseModule({ types, relations }: Additions): string | undefined {
    for (const type of types)
      if (!this.#types.has(type)) return `type ${type} is of no resource that the organization has bound from this workspace`;
    for (const { type, relation } of relations) {
      if (this.#types.has(type)) continue;
      if (type !== accountType && type !== namespaceType) return `type ${type} may not be extended`;
      if (!this.#owns(relation))
        return `relation ${relation} on ${type} is about no resource that the organization has bound from this workspace`;
    }
    return undefined;
  }

  /** @returns why a tuple may not be written */
  refuseTuple({ object, relation }: RelationshipTuple): string | undefined {
    const type = object.slice(0, Math.max(0, object.indexOf(":")));
    const ofRole = type === roleType ? object.slice(roleType.length + 1, Math.max(0, object.indexOf("/"))) : type;
    return this.#types.has(ofRole)
      ? undefined
      : `tuple ${object}#${relation} is about no resource that the organization has bound from this workspace`;
  }

  #owns(relation: string): boolean {
    if (this.#parentRelations.has(relation)) return true;
    // a group named `create.…` must not lead to the relation that decides about somebody else's resource
    if (collectionVerbs.some((verb) => relation.startsWith(`${verb}_`))) return false;
    return [...this.#prefixes].some((prefix) => relation.startsWith(prefix));
  }
}
