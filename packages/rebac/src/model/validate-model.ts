import { CompiledCondition } from "../conditions/condition.ts";
import { OpenFgaError } from "../errors.ts";
import type { AuthorizationModel, RelationReference, TypeDefinition, Userset } from "./authorization-model.ts";

/** deeper ones are refused instead of overflowing the stack; OpenFGA's decoder stops at 10 000 messages inside one another */
const rewriteDepthMax = 200;

type Relations = Map<string, { userset: Userset; references: readonly RelationReference[] }>;

/**
 * Everything that has to hold of a model, in OpenFGA's order: the first failure wins, types and relations are visited by name.
 * @throws OpenFgaError invalid_authorization_model
 */
export function validateModel(model: Omit<AuthorizationModel, "id">): void {
  if (model.schema_version !== "1.1" && model.schema_version !== "1.2") throw invalid("invalid schema version");
  const types = new Map<string, Relations>();
  for (const definition of model.type_definitions) {
    if (types.has(definition.type)) throw invalid("an authorization model cannot contain duplicate types");
    types.set(definition.type, relationsOf(definition));
  }
  new Validator(model, types).run();
}

const invalid = (message: string): OpenFgaError => new OpenFgaError("invalid_authorization_model", message);

function relationsOf(definition: TypeDefinition): Relations {
  const metadata = definition.metadata?.relations ?? {};
  return new Map(
    Object.entries(definition.relations ?? {}).map(([name, userset]) => [
      name,
      { userset, references: (Object.hasOwn(metadata, name) ? metadata[name]!.directly_related_user_types : undefined) ?? [] },
    ]),
  );
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

class Validator {
  readonly #model: Omit<AuthorizationModel, "id">;
  readonly #types: Map<string, Relations>;

  constructor(model: Omit<AuthorizationModel, "id">, types: Map<string, Relations>) {
    this.#model = model;
    this.#types = types;
  }

  run(): void {
    const types = [...this.#types.keys()].sort(byName);
    for (const type of types) {
      if (type === "self" || type === "this") throw invalid(`the definition of type '${type}' is invalid`);
      for (const relation of [...this.#types.get(type)!.keys()].sort(byName)) {
        if (relation === "self" || relation === "this") {
          throw invalid(
            `the definition of relation '${relation}' in object type '${type}' is invalid: self and this are reserved keywords`,
          );
        }
      }
    }
    for (const type of types) {
      for (const relation of [...this.#types.get(type)!.keys()].sort(byName)) this.#relation(type, relation);
    }
    for (const type of types) {
      for (const relation of [...this.#types.get(type)!.keys()].sort(byName)) {
        const { has, loop } = this.#entryPoint(type, relation);
        if (!has) throw this.#badRelation(type, relation, loop ? "potential loop" : "no entrypoints defined");
        if (this.#cycle(type, relation)) throw this.#badRelation(type, relation, "an authorization model cannot contain a cycle");
      }
    }
    this.#conditions();
  }

  #badRelation(type: string, relation: string, why: string): OpenFgaError {
    return invalid(`the definition of relation '${relation}' in object type '${type}' is invalid: ${why}`);
  }

  #relation(type: string, relation: string): void {
    const { userset, references } = this.#types.get(type)!.get(relation)!;
    const tuplesets = this.#tuplesetsOf(type);
    this.#rewrite(type, relation, userset, 0);
    const assignable = containsThis(userset);
    if (assignable && references.length === 0) {
      throw invalid(`the assignable relation '${relation}' in object type '${type}' must contain at least one relation type`);
    }
    if (!assignable && references.length > 0) {
      throw invalid(`the non-assignable relation '${relation}' in object type '${type}' should not contain a relation type`);
    }
    for (const reference of references) {
      const target = this.#types.get(reference.type);
      const shown = reference.relation ? `${reference.type}#${reference.relation}` : reference.type;
      const unknown = target === undefined || (reference.relation && !target.has(reference.relation));
      if (unknown || (tuplesets.has(relation) && (reference.relation || reference.wildcard))) {
        throw invalid(`the relation type '${shown}' on '${relation}' in object type '${type}' is not valid`);
      }
      if (reference.condition && !Object.hasOwn(this.#model.conditions ?? {}, reference.condition)) {
        throw invalid(`condition ${reference.condition} is undefined for relation ${relation}`);
      }
    }
  }

  readonly #tuplesets = new Map<string, Set<string>>();

  #tuplesetsOf(type: string): Set<string> {
    let found = this.#tuplesets.get(type);
    if (found) return found;
    found = new Set();
    for (const { userset } of this.#types.get(type)!.values()) {
      for (const part of partsOf(userset)) if (part.tupleToUserset) found.add(part.tupleToUserset.tupleset.relation);
    }
    this.#tuplesets.set(type, found);
    return found;
  }

  #rewrite(type: string, relation: string, userset: Userset, depth: number): void {
    if (depth > rewriteDepthMax) throw this.#badRelation(type, relation, "invalid userset rewrite definition");
    const relations = this.#types.get(type)!;
    if (userset.this) return;
    if (userset.computedUserset) {
      const target = userset.computedUserset.relation;
      if (target === relation) throw this.#badRelation(type, relation, "invalid userset rewrite definition");
      if (!relations.has(target)) throw invalid(`'${type}#${target}' relation is undefined`);
    } else if (userset.tupleToUserset) {
      const tupleset = userset.tupleToUserset.tupleset.relation;
      const target = userset.tupleToUserset.computedUserset.relation;
      const parent = relations.get(tupleset);
      if (parent === undefined) throw invalid(`'${type}#${tupleset}' relation is undefined`);
      if (!parent.userset.this) {
        throw invalid(`the '${type}#${tupleset}' relation is referenced in at least one tupleset and thus must be a direct relation`);
      }
      if (!parent.references.some((reference) => this.#types.get(reference.type)?.has(target))) {
        const list = parent.references.map((reference) => reference.type).join(", ");
        throw invalid(`undefined relation: ${target} does not appear as a relation in any of the directly related user types [${list}]`);
      }
    } else if (userset.union || userset.intersection) {
      const children = (userset.union ?? userset.intersection)!.child;
      if (children.length < 2) {
        throw invalid(`invalid relation: '${type}#${relation}' as ${userset.union ? "union" : "intersection"} has less than 2 children`);
      }
      for (const child of children) this.#rewrite(type, relation, child, depth + 1);
    } else if (userset.difference) {
      this.#rewrite(type, relation, userset.difference.base, depth + 1);
      this.#rewrite(type, relation, userset.difference.subtract, depth + 1);
    } else throw this.#badRelation(type, relation, "invalid userset rewrite definition");
  }

  readonly #reached = new Set<string>();

  /** Whether some concrete type or wildcard can reach the relation; `loop`: the search came back through computed relations. */
  #entryPoint(type: string, relation: string): { has: boolean; loop: boolean } {
    // A fixed point over all relations at once: the same answers as a search from each, in linear rounds.
    if (this.#reached.size === 0) this.#findEntryPoints();
    if (this.#reached.has(`${type}#${relation}`)) return { has: true, loop: false };
    return { has: false, loop: this.#comesBack(type, relation) };
  }

  #findEntryPoints(): void {
    for (let grown = true; grown;) {
      grown = false;
      for (const [type, relations] of this.#types) {
        for (const [relation, { userset, references }] of relations) {
          const key = `${type}#${relation}`;
          if (this.#reached.has(key) || !this.#reaches(type, userset, references)) continue;
          this.#reached.add(key);
          grown = true;
        }
      }
    }
  }

  #reaches(type: string, userset: Userset, references: readonly RelationReference[]): boolean {
    if (userset.this)
      return references.some((reference) => !reference.relation || this.#reached.has(`${reference.type}#${reference.relation}`));
    if (userset.computedUserset) return this.#reached.has(`${type}#${userset.computedUserset.relation}`);
    if (userset.tupleToUserset) {
      const parents = this.#types.get(type)!.get(userset.tupleToUserset.tupleset.relation)!.references;
      return parents.some((parent) => this.#reached.has(`${parent.type}#${userset.tupleToUserset!.computedUserset.relation}`));
    }
    if (userset.union) return userset.union.child.some((child) => this.#reaches(type, child, references));
    if (userset.intersection) return userset.intersection.child.every((child) => this.#reaches(type, child, references));
    return this.#reaches(type, userset.difference!.base, references) && this.#reaches(type, userset.difference!.subtract, references);
  }

  #comesBack(type: string, relation: string): boolean {
    return this.#computedTargets(type, relation).has(relation);
  }

  #computedTargets(type: string, relation: string): Set<string> {
    const seen = new Set<string>();
    const queue = [relation];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const part of partsOf(this.#types.get(type)!.get(next)!.userset)) {
        const target = part.computedUserset?.relation;
        if (target === undefined || seen.has(target)) continue;
        seen.add(target);
        queue.push(target);
      }
    }
    return seen;
  }

  #cycle(type: string, relation: string): boolean {
    return this.#computedTargets(type, relation).has(relation);
  }

  #conditions(): void {
    for (const [key, condition] of Object.entries(this.#model.conditions ?? {}).sort(([a], [b]) => byName(a, b))) {
      if (key !== condition.name) throw invalid(`condition key '${key}' does not match condition name '${condition.name}'`);
      new CompiledCondition(condition);
    }
  }
}

function* partsOf(userset: Userset): Iterable<Userset> {
  const stack = [userset];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    yield part;
    for (const child of (part.union ?? part.intersection)?.child ?? []) stack.push(child);
    if (part.difference) stack.push(part.difference.base, part.difference.subtract);
  }
}

function containsThis(userset: Userset): boolean {
  for (const part of partsOf(userset)) if (part.this) return true;
  return false;
}
