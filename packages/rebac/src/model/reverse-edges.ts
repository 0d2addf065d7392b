import { parentsOf, type CompiledModel, type CompiledRelation, type Rewrite } from "./compile-model.ts";

/** From a relation somebody has to a relation that this gives them, or may give them when an intersection or difference lies between. */
export interface ReverseEdge {
  relation: CompiledRelation;
  conditional: boolean;
}

export interface ReverseEdges {
  /** relations whose tuples count as they are */
  direct: Map<CompiledRelation, boolean>;
  computed: Map<CompiledRelation, ReverseEdge[]>;
  from: Map<CompiledRelation, (ReverseEdge & { tupleset: CompiledRelation })[]>;
  userset: Map<CompiledRelation, ReverseEdge[]>;
}

const kept = new WeakMap<CompiledModel, ReverseEdges>();

/**
 * The model the other way round. Of an intersection one operand is enough to find every candidate, of a difference its base.
 * Made once per model.
 */
export function reverseEdges(model: CompiledModel): ReverseEdges {
  const known = kept.get(model);
  if (known) return known;
  const edges: ReverseEdges = { direct: new Map(), computed: new Map(), from: new Map(), userset: new Map() };
  for (const relation of model.relations) {
    for (const { part, conditional } of candidateParts(relation.rewrite)) {
      switch (part.kind) {
        case "direct":
          edges.direct.set(relation, conditional && (edges.direct.get(relation) ?? true));
          for (const userset of relation.usersets) push(edges.userset, userset, { relation, conditional });
          break;
        case "computed":
          push(edges.computed, part.relation, { relation, conditional });
          break;
        case "from":
          for (const parent of parentsOf(part)) push(edges.from, parent, { relation, conditional, tupleset: part.tupleset });
          break;
        default:
          break;
      }
    }
  }
  kept.set(model, edges);
  return edges;
}

function candidateParts(rewrite: Rewrite): { part: Rewrite; conditional: boolean }[] {
  const parts: { part: Rewrite; conditional: boolean }[] = [];
  const stack = [{ part: rewrite, conditional: false }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { part, conditional } = next;
    if (part.kind === "union") for (const child of part.children) stack.push({ part: child, conditional });
    else if (part.kind === "intersection") stack.push({ part: part.children[0]!, conditional: true });
    else if (part.kind === "difference") stack.push({ part: part.base, conditional: true });
    else parts.push(next);
  }
  return parts;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
