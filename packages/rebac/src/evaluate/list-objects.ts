import { OpenFgaError } from "../errors.ts";
import { plainUser, userKind, wildcardUser } from "../graph/names.ts";
import type { GraphNode, GraphTuple } from "../graph/tuple-graph.ts";
import type { CompiledRelation } from "../model/compile-model.ts";
import { reverseEdges } from "../model/reverse-edges.ts";
import { Check } from "./check.ts";
import type { Evaluation } from "./evaluation.ts";

/** deeper than any data one would store; stops before the stack does */
const verifyDepthMax = 400;

const maybe = 1;
const sure = 2;

interface Having {
  node: GraphNode;
  relation: CompiledRelation;
  /** no intersection or difference lies on the way */
  sure: boolean;
}

/**
 * All objects on which the user has the relation, by walking from the user outwards; every pair of object and relation once, so cycles and
 * depth do not matter. What passed an intersection or a difference is asked again by `Check`.
 *
 * @param max stops there, without a sign
 * @param deadline on the clock of `performance.now()`
 * @throws OpenFgaError when a condition failed and fewer than `max` were found
 */
export function listObjects(
  evaluation: Evaluation,
  target: CompiledRelation,
  user: { node: GraphNode; relation: number },
  { max, deadline }: { max: number; deadline: number },
): string[] {
  const { model } = evaluation;
  const edges = reverseEdges(model);
  const relations = model.relations.length;
  const states = new Map<number, number>();
  const queue: Having[] = [];
  const found = new Set<string>();
  const candidates = new Set<GraphNode>();
  let failure: OpenFgaError | undefined;

  const guard = <T>(question: () => T, otherwise: T): T => {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof OpenFgaError)) throw error;
      failure ??= error;
      return otherwise;
    }
  };

  /** Conditions on tuples that cannot lead to the target are not looked at. */
  const leads = (relation: CompiledRelation): boolean => relation === target || target.sources.has(userKind(relation.type.id, relation.id));

  const reach = (node: GraphNode, relation: CompiledRelation, isSure: boolean): void => {
    if (!leads(relation)) return;
    const key = node.id * relations + relation.index;
    const state = isSure ? sure : maybe;
    if ((states.get(key) ?? 0) >= state) return;
    states.set(key, state);
    if (relation === target) {
      if (isSure) {
        found.add(node.name);
        candidates.delete(node);
      } else if (!found.has(node.name)) candidates.add(node);
    }
    queue.push({ node, relation, sure: isSure });
  };

  /** tuples in which the node stands as the user in that way, by the relation that they give */
  const tuplesFrom = (
    node: GraphNode,
    userRelation: number,
    wanted?: CompiledRelation,
  ): Map<CompiledRelation, { stored: GraphTuple[]; contextual: GraphTuple[] }> => {
    const groups = new Map<CompiledRelation, { stored: GraphTuple[]; contextual: GraphTuple[] }>();
    const collect = (tuples: readonly GraphTuple[] | undefined, side: "stored" | "contextual"): void => {
      if (tuples === undefined) return;
      for (const tuple of tuples) {
        if (tuple.userRelation !== userRelation) continue;
        const relation = model.typesById.get(tuple.object.type)?.relationsById.get(tuple.relation);
        if (relation === undefined || (wanted !== undefined && relation !== wanted)) continue;
        let group = groups.get(relation);
        if (group === undefined) groups.set(relation, (group = { stored: [], contextual: [] }));
        group[side].push(tuple);
      }
    };
    collect(node.in, "stored");
    collect(node.contextIn, "contextual");
    return groups;
  };

  const start = (node: GraphNode, userRelation: number): void => {
    for (const [relation, { stored, contextual }] of tuplesFrom(node, userRelation)) {
      const conditional = edges.direct.get(relation);
      if (conditional === undefined || !leads(relation)) continue;
      for (const tuple of guard(() => evaluation.usable(relation, stored, contextual), [])) reach(tuple.object, relation, !conditional);
    }
  };

  if (user.relation >= 0) {
    const own = model.typesById.get(user.node.type)?.relationsById.get(user.relation);
    if (own) reach(user.node, own, true);
  } else {
    start(user.node, user.relation);
    if (user.relation === plainUser) {
      const everybody = evaluation.node(`${user.node.name.slice(0, user.node.name.indexOf(":"))}:*`);
      start(everybody, wildcardUser);
    }
  }

  for (let i = 0; i < queue.length && found.size < max; i++) {
    if ((i & 255) === 255 && performance.now() > deadline) break;
    const { node, relation, sure: isSure } = queue[i]!;
    for (const edge of edges.computed.get(relation) ?? []) reach(node, edge.relation, isSure && !edge.conditional);
    if (node.in === undefined && node.contextIn === undefined) continue;
    for (const edge of edges.from.get(relation) ?? []) {
      if (!leads(edge.relation)) continue;
      for (const [tupleset, { stored, contextual }] of tuplesFrom(node, plainUser, edge.tupleset)) {
        for (const tuple of guard(() => evaluation.usable(tupleset, stored, contextual), []))
          reach(tuple.object, edge.relation, isSure && !edge.conditional);
      }
    }
    for (const edge of edges.userset.get(relation) ?? []) {
      if (!leads(edge.relation)) continue;
      for (const [direct, { stored, contextual }] of tuplesFrom(node, relation.id, edge.relation)) {
        for (const tuple of guard(() => evaluation.usable(direct, stored, contextual), []))
          reach(tuple.object, edge.relation, isSure && !edge.conditional);
      }
    }
  }

  let asked = 0;
  for (const node of candidates) {
    if (found.size >= max || ((asked++ & 15) === 15 && performance.now() > deadline)) break;
    // A check of its own for each: the depth that one may use does not depend on the others.
    if (guard(() => new Check(evaluation, user, verifyDepthMax).allowed(node, target), false)) found.add(node.name);
  }
  const objects = [...found];
  if (objects.length >= max) return objects.slice(0, max);
  if (failure !== undefined) throw failure;
  return objects;
}
