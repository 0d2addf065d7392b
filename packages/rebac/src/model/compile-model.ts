import { CompiledCondition } from "../conditions/condition.ts";
import { plainUser, userKind, wildcardUser, type Names } from "../graph/names.ts";
import type { AuthorizationModel, RelationReference, Userset } from "./authorization-model.ts";

/** What `directly_related_user_types` says about one kind of user. */
export interface Restriction {
  /** a tuple without condition is allowed */
  bare: boolean;
  conditions: Set<string>;
}

export type Rewrite =
  | { kind: "direct" }
  | { kind: "computed"; relation: CompiledRelation }
  /** `relation` is a number of the engine's names; parents whose type lacks it are skipped */
  | { kind: "from"; tupleset: CompiledRelation; relation: number }
  | { kind: "union" | "intersection"; children: Rewrite[] }
  | { kind: "difference"; base: Rewrite; subtract: Rewrite };

export class CompiledRelation {
  readonly type: CompiledType;
  readonly name: string;
  /** in the engine's names */
  readonly id: number;
  /** among all relations of the model */
  readonly index: number;
  rewrite: Rewrite = { kind: "direct" };
  readonly restrictions = new Map<number, Restriction>();
  /** the conditions that restrictions name, by the user's type: a tuple's condition may come from any restriction of the type */
  readonly conditionsByType = new Map<number, Set<string>>();
  isTupleset = false;
  /** a `this` occurs in the rewrite */
  isAssignable = false;
  /** some restriction is a userset */
  hasUsersets = false;
  #sources: Set<number> | undefined;
  #monotone: boolean | undefined;

  constructor(type: CompiledType, name: string, id: number, index: number) {
    this.type = type;
    this.name = name;
    this.id = id;
    this.index = index;
  }

  /** Kinds of users from which the model has a path to here. */
  get sources(): ReadonlySet<number> {
    return (this.#sources ??= this.#explore().sources);
  }

  /** No intersection and no difference lies between here and any user: answers then do not depend on the way that led here. */
  get monotone(): boolean {
    return (this.#monotone ??= this.#explore().monotone);
  }

  #explore(): { sources: Set<number>; monotone: boolean } {
    const sources = new Set<number>();
    let monotone = true;
    const seen = new Set<CompiledRelation>([this]);
    const queue: CompiledRelation[] = [this];
    const visit = (relation: CompiledRelation | undefined): void => {
      if (relation === undefined || seen.has(relation)) return;
      seen.add(relation);
      queue.push(relation);
    };
    for (let relation = queue.pop(); relation !== undefined; relation = queue.pop()) {
      sources.add(userKind(relation.type.id, relation.id));
      const rewrites: Rewrite[] = [relation.rewrite];
      for (let rewrite = rewrites.pop(); rewrite !== undefined; rewrite = rewrites.pop()) {
        switch (rewrite.kind) {
          case "direct":
            for (const kind of relation.restrictions.keys()) sources.add(kind);
            for (const userset of relation.usersets) visit(userset);
            break;
          case "computed":
            visit(rewrite.relation);
            break;
          case "from":
            for (const parent of parentsOf(rewrite)) visit(parent);
            break;
          case "difference":
            monotone = false;
            rewrites.push(rewrite.base, rewrite.subtract);
            break;
          default:
            if (rewrite.kind === "intersection") monotone = false;
            rewrites.push(...rewrite.children);
        }
      }
    }
    this.#sources = sources;
    this.#monotone = monotone;
    return { sources, monotone };
  }

  /** relations that may stand as usersets in tuples of this one */
  readonly usersets: CompiledRelation[] = [];
  /** types whose objects may stand in tuples of this one */
  readonly plainTypes: CompiledType[] = [];

  /** Whether the model would take such a tuple now; what it would not is skipped when reading. */
  admits(userType: number, userRelation: number, condition: string | undefined): boolean {
    if (this.isTupleset && userRelation !== plainUser) return false;
    const restriction = this.restrictions.get(userKind(userType, userRelation));
    if (restriction === undefined) return false;
    return condition === undefined ? restriction.bare : this.conditionsByType.get(userType)?.has(condition) === true;
  }
}

/** The relations that a "from parent" asks, by the parents' types. */
export const parentsOf = (rewrite: Extract<Rewrite, { kind: "from" }>): CompiledRelation[] =>
  rewrite.tupleset.plainTypes.flatMap((type) => type.relationsById.get(rewrite.relation) ?? []);

export class CompiledType {
  readonly name: string;
  readonly id: number;
  readonly relations = new Map<string, CompiledRelation>();
  readonly relationsById = new Map<number, CompiledRelation>();

  constructor(name: string, id: number) {
    this.name = name;
    this.id = id;
  }
}

export interface CompiledModel {
  id: string;
  types: Map<string, CompiledType>;
  typesById: Map<number, CompiledType>;
  relations: CompiledRelation[];
  conditions: Map<string, CompiledCondition>;
}

/** Of a model that has passed `validateModel`. */
export function compileModel(model: AuthorizationModel, names: Names): CompiledModel {
  const compiled: CompiledModel = { id: model.id, types: new Map(), typesById: new Map(), relations: [], conditions: new Map() };
  for (const definition of model.type_definitions) {
    const type = new CompiledType(definition.type, names.intern(definition.type));
    compiled.types.set(type.name, type);
    compiled.typesById.set(type.id, type);
    for (const name of Object.keys(definition.relations ?? {})) {
      const relation = new CompiledRelation(type, name, names.intern(name), compiled.relations.length);
      compiled.relations.push(relation);
      type.relations.set(name, relation);
      type.relationsById.set(relation.id, relation);
    }
  }
  for (const definition of model.type_definitions) {
    const type = compiled.types.get(definition.type)!;
    for (const [name, userset] of Object.entries(definition.relations ?? {})) {
      const relation = type.relations.get(name)!;
      for (const reference of definition.metadata?.relations?.[name]?.directly_related_user_types ?? [])
        restrict(relation, reference, compiled);
      relation.rewrite = compileRewrite(userset, relation, names);
    }
  }
  for (const [name, condition] of Object.entries(model.conditions ?? {})) compiled.conditions.set(name, new CompiledCondition(condition));
  return compiled;
}

function restrict(relation: CompiledRelation, reference: RelationReference, model: CompiledModel): void {
  const type = model.types.get(reference.type)!;
  let userRelation = plainUser;
  if (reference.wildcard) userRelation = wildcardUser;
  else if (reference.relation) {
    const userset = type.relations.get(reference.relation)!;
    userRelation = userset.id;
    relation.hasUsersets = true;
    if (!relation.usersets.includes(userset)) relation.usersets.push(userset);
  } else if (!relation.plainTypes.includes(type)) relation.plainTypes.push(type);
  const kind = userKind(type.id, userRelation);
  let restriction = relation.restrictions.get(kind);
  if (restriction === undefined) relation.restrictions.set(kind, (restriction = { bare: false, conditions: new Set() }));
  if (reference.condition) {
    restriction.conditions.add(reference.condition);
    let conditions = relation.conditionsByType.get(type.id);
    if (conditions === undefined) relation.conditionsByType.set(type.id, (conditions = new Set()));
    conditions.add(reference.condition);
  } else restriction.bare = true;
}

function compileRewrite(userset: Userset, relation: CompiledRelation, names: Names): Rewrite {
  if (userset.computedUserset) return { kind: "computed", relation: relation.type.relations.get(userset.computedUserset.relation)! };
  if (userset.tupleToUserset) {
    const tupleset = relation.type.relations.get(userset.tupleToUserset.tupleset.relation)!;
    tupleset.isTupleset = true;
    return { kind: "from", tupleset, relation: names.intern(userset.tupleToUserset.computedUserset.relation) };
  }
  if (userset.union) return { kind: "union", children: userset.union.child.map((child) => compileRewrite(child, relation, names)) };
  if (userset.intersection)
    return { kind: "intersection", children: userset.intersection.child.map((child) => compileRewrite(child, relation, names)) };
  if (userset.difference) {
    return {
      kind: "difference",
      base: compileRewrite(userset.difference.base, relation, names),
      subtract: compileRewrite(userset.difference.subtract, relation, names),
    };
  }
  relation.isAssignable = true;
  return { kind: "direct" };
}
