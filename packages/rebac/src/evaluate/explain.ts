import { wildcardUser } from "../graph/names.ts";
import type { GraphNode, GraphTuple } from "../graph/tuple-graph.ts";
import type { CompiledRelation, Rewrite } from "../model/compile-model.ts";
import type { Explanation, TupleKey } from "../open-fga.ts";
import { Check } from "./check.ts";
import type { Evaluation } from "./evaluation.ts";

const missingMax = 50;

/** Why the user has the relation, tuple by tuple, or what was looked at in vain. */
export function explain(
  evaluation: Evaluation,
  user: { node: GraphNode; relation: number },
  object: GraphNode,
  relation: CompiledRelation,
): Explanation {
  const allowed = new Check(evaluation, user).allowed(object, relation);
  const explainer = new Explainer(evaluation, user);
  if (!allowed) return { allowed, path: [], missing: explainer.missing(object, relation) };
  return { allowed, path: explainer.path(object, relation).reverse(), missing: [] };
}

class Explainer {
  readonly #evaluation: Evaluation;
  readonly #user: { node: GraphNode; relation: number };
  readonly #everybody: GraphNode | undefined;
  readonly #seen = new Set<string>();

  constructor(evaluation: Evaluation, user: { node: GraphNode; relation: number }) {
    this.#evaluation = evaluation;
    this.#user = user;
    if (user.relation < 0) this.#everybody = evaluation.node(`${user.node.name.slice(0, user.node.name.indexOf(":"))}:*`);
  }

  /** From the object to the user. The answer is known to be yes. */
  path(object: GraphNode, relation: CompiledRelation): (TupleKey & { contextual?: boolean })[] {
    if (object === this.#user.node && relation.id === this.#user.relation) return [];
    this.#seen.add(`${object.name}#${relation.name}`);
    return this.#part(object, relation, relation.rewrite);
  }

  #allows(object: GraphNode, relation: CompiledRelation): boolean {
    return !this.#seen.has(`${object.name}#${relation.name}`) && new Check(this.#evaluation, this.#user).allowed(object, relation);
  }

  #part(object: GraphNode, relation: CompiledRelation, part: Rewrite): (TupleKey & { contextual?: boolean })[] {
    switch (part.kind) {
      case "direct":
        for (const tuple of this.#tuples(object, relation)) if (this.#names(tuple)) return [this.#key(tuple)];
        return this.#through(this.#evaluation.usersetsOf(object, relation), (tuple) => tuple.userRelation);
      case "from":
        return this.#through(this.#evaluation.parentsOf(object, part.tupleset), () => part.relation);
      case "computed":
        return this.path(object, part.relation);
      case "union": {
        const granting = part.children.filter((child) => new Check(this.#evaluation, this.#user).partAllows(object, relation, child));
        let shortest: (TupleKey & { contextual?: boolean })[] = [];
        for (const child of granting) {
          const path = new Explainer(this.#evaluation, this.#user).#continue(this.#seen).#part(object, relation, child);
          if (path.length > 0 && (shortest.length === 0 || path.length < shortest.length)) shortest = path;
        }
        return shortest;
      }
      case "intersection":
        return part.children.flatMap((child) => this.#part(object, relation, child));
      case "difference":
        return this.#part(object, relation, part.base);
    }
  }

  #continue(seen: ReadonlySet<string>): this {
    for (const each of seen) this.#seen.add(each);
    return this;
  }

  #through(tuples: readonly GraphTuple[], relationOf: (tuple: GraphTuple) => number): (TupleKey & { contextual?: boolean })[] {
    for (const tuple of tuples) {
      const next = this.#evaluation.model.typesById.get(tuple.user.type)?.relationsById.get(relationOf(tuple));
      if (next !== undefined && this.#allows(tuple.user, next)) return [this.#key(tuple), ...this.path(tuple.user, next)];
    }
    return [];
  }

  #tuples(object: GraphNode, relation: CompiledRelation): GraphTuple[] {
    const sets = [object.contextual(relation.id), object.tuples(relation.id)];
    return sets
      .flatMap((set) => (set === undefined ? [] : [...set.users, ...set.usersets]))
      .filter((tuple) => relation.admits(tuple.user.type, tuple.userRelation, tuple.condition));
  }

  #names(tuple: GraphTuple): boolean {
    const { node, relation } = this.#user;
    const names =
      (tuple.user === node && tuple.userRelation === relation) || (tuple.user === this.#everybody && tuple.userRelation === wildcardUser);
    if (!names) return false;
    try {
      return this.#evaluation.holds(tuple);
    } catch {
      return false;
    }
  }

  #key(tuple: GraphTuple): TupleKey & { contextual?: boolean } {
    const key: TupleKey & { contextual?: boolean } = {
      user: this.#evaluation.graph.userOf(tuple),
      relation: this.#evaluation.graph.names.text(tuple.relation),
      object: tuple.object.name,
    };
    if (tuple.condition !== undefined)
      key.condition = tuple.context === undefined ? { name: tuple.condition } : { name: tuple.condition, context: tuple.context };
    if (tuple.sequence === 0) key.contextual = true;
    return key;
  }

  /** Breadth first, so that what is nearest to the object comes first. */
  missing(object: GraphNode, relation: CompiledRelation): Explanation["missing"] {
    const missing: { object: string; relation: string; users: number; why: string }[] = [];
    const queue = [{ object, relation }];
    for (let i = 0; i < queue.length && missing.length < missingMax; i++) {
      const { object: node, relation: asked } = queue[i]!;
      const key = `${node.name}#${asked.name}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const parts: Rewrite[] = [asked.rewrite];
      for (let part = parts.shift(); part !== undefined && missing.length < missingMax; part = parts.shift()) {
        if (part.kind === "direct") {
          const tuples = this.#tuples(node, asked);
          missing.push({
            object: node.name,
            relation: asked.name,
            users: tuples.length,
            why: tuples.length === 0 ? "nobody is named" : "others are named",
          });
          for (const { user, userRelation } of tuples) this.#enqueue(queue, user, userRelation);
        } else if (part.kind === "computed") queue.push({ object: node, relation: part.relation });
        else if (part.kind === "from") {
          const parents = this.#tuples(node, part.tupleset);
          if (parents.length === 0) missing.push({ object: node.name, relation: part.tupleset.name, users: 0, why: "no parent is named" });
          for (const { user } of parents) this.#enqueue(queue, user, part.relation);
        } else if (part.kind === "difference") {
          if (new Check(this.#evaluation, this.#user).partAllows(node, asked, part.base)) {
            missing.push({ object: node.name, relation: asked.name, users: 0, why: "taken away by what follows 'but not'" });
          } else parts.push(part.base);
        } else parts.push(...part.children);
      }
    }
    return missing;
  }

  #enqueue(queue: { object: GraphNode; relation: CompiledRelation }[], node: GraphNode, relation: number): void {
    const next = relation < 0 ? undefined : this.#evaluation.model.typesById.get(node.type)?.relationsById.get(relation);
    if (next !== undefined) queue.push({ object: node, relation: next });
  }
}
