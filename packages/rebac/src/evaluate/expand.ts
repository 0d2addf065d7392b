import type { GraphNode, GraphTuple } from "../graph/tuple-graph.ts";
import type { CompiledRelation, Rewrite } from "../model/compile-model.ts";
import type { UsersetTreeNode } from "../open-fga.ts";
import type { Evaluation } from "./evaluation.ts";

/** One level of a relation on an object, as its definition says it; conditions are not looked at. */
export function expand(
  evaluation: Evaluation,
  object: GraphNode,
  relation: CompiledRelation,
  rewrite: Rewrite = relation.rewrite,
): UsersetTreeNode {
  const name = `${object.name}#${relation.name}`;
  const child = (part: Rewrite): UsersetTreeNode => expand(evaluation, object, relation, part);
  switch (rewrite.kind) {
    case "direct": {
      const users = new Set(tuplesOf(object, relation).map((tuple) => evaluation.graph.userOf(tuple)));
      return { name, leaf: { users: { users: [...users].sort() } } };
    }
    case "computed":
      return { name, leaf: { computed: { userset: `${object.name}#${rewrite.relation.name}` } } };
    case "from": {
      const { tupleset } = rewrite;
      const asked = evaluation.graph.names.text(rewrite.relation);
      const computed = tuplesOf(object, tupleset).map(({ user }) => ({ userset: `${user.name}#${asked}` }));
      return { name, leaf: { tupleToUserset: { tupleset: `${object.name}#${tupleset.name}`, computed } } };
    }
    case "union":
      return { name, union: { nodes: rewrite.children.map(child) } };
    case "intersection":
      return { name, intersection: { nodes: rewrite.children.map(child) } };
    case "difference":
      return { name, difference: { base: child(rewrite.base), subtract: child(rewrite.subtract) } };
  }
}

/** In read order, those that the model admits. */
function tuplesOf(object: GraphNode, relation: CompiledRelation): GraphTuple[] {
  const all: GraphTuple[] = [];
  for (const set of [object.contextual(relation.id), object.tuples(relation.id)]) {
    if (set !== undefined) all.push(...[...set.users, ...set.usersets].sort((a, b) => a.sequence - b.sequence));
  }
  return all.filter((tuple) => relation.admits(tuple.user.type, tuple.userRelation, tuple.condition));
}
