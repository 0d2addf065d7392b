import { validationError, type OpenFgaError } from "../errors.ts";
import { GraphNode, GraphTuple, TupleSet, userParts, kindOf, type TupleGraph } from "../graph/tuple-graph.ts";
import type { Limits } from "../limits.ts";
import type { CompiledModel, CompiledRelation } from "../model/compile-model.ts";
import type { Context, TupleKey } from "../open-fga.ts";
import { goQuoted, typeOf } from "../tuples/validate-tuple.ts";

const noTuples: readonly GraphTuple[] = [];

/**
 * What every question has: a model, stored tuples and contextual ones. The contextual tuples hang on the nodes of the graph while `run`
 * runs, which is synchronous, so nothing else can see them.
 */
export class Evaluation {
  readonly graph: TupleGraph;
  readonly model: CompiledModel;
  readonly limits: Limits;
  readonly context: Context | undefined;
  /** objects that only this request knows */
  #extra: Map<string, GraphNode> | undefined;
  #nextId: number;
  readonly #touched: GraphNode[] = [];
  contextTuples: readonly GraphTuple[] = noTuples;
  /** one condition that cannot be evaluated fails the whole question, whatever its siblings say: so it is when users are listed */
  strict = false;

  constructor(graph: TupleGraph, model: CompiledModel, limits: Limits, context: Context | undefined) {
    this.graph = graph;
    this.model = model;
    this.limits = limits;
    this.context = context;
    this.#nextId = graph.nextId;
  }

  /** Contextual tuples have been validated. */
  run<T>(contextual: readonly TupleKey[] | undefined, question: () => T): T {
    if (contextual === undefined || contextual.length === 0) return question();
    try {
      const added: GraphTuple[] = [];
      for (const key of contextual) added.push(this.#hang(key));
      this.contextTuples = added;
      return question();
    } finally {
      for (const node of this.#touched) node.contextOut = node.contextIn = undefined;
    }
  }

  node(name: string): GraphNode {
    const stored = this.graph.node(name) ?? this.#extra?.get(name);
    if (stored !== undefined) return stored;
    const type = this.model.types.get(typeOf(name));
    const node = new GraphNode(this.#nextId++, type === undefined ? -1 : type.id, name);
    (this.#extra ??= new Map()).set(name, node);
    return node;
  }

  /** Of a user with a type: its object, and `plainUser`, `wildcardUser` or the relation. */
  user(text: string): { node: GraphNode; relation: number } {
    const { name, relation } = userParts(text);
    return { node: this.node(name), relation: relation === undefined ? kindOf(name) : this.graph.names.find(relation) };
  }

  #hang(key: TupleKey): GraphTuple {
    const object = this.node(key.object);
    const user = this.user(key.user);
    const relation = this.graph.names.find(key.relation);
    const condition = key.condition?.name || undefined;
    const tuple = new GraphTuple(object, relation, user.node, user.relation, condition, key.condition?.context, 0, 0);
    let set = object.contextual(relation);
    if (set === undefined) object.contextOut = set = new TupleSet(relation, object.contextOut);
    set.add(tuple);
    (user.node.contextIn ??= []).push(tuple);
    this.#touched.push(object, user.node);
    return tuple;
  }

  /** Whether the tuple's condition holds; true without one. @throws OpenFgaError validation_error */
  holds(tuple: GraphTuple): boolean {
    if (tuple.condition === undefined) return true;
    const condition = this.model.conditions.get(tuple.condition);
    if (condition === undefined) return false;
    const shown = (): string => `${tuple.object.name}#${this.graph.names.text(tuple.relation)}@${this.graph.userOf(tuple)}`;
    return condition.holds(shown, tuple.context, this.context, this.limits.conditionCost);
  }

  /**
   * Those that the model admits and whose condition holds. When at least one does, failures of the others do not matter.
   * @throws OpenFgaError validation_error when none holds and a condition failed
   */
  usable(relation: CompiledRelation, stored: readonly GraphTuple[], contextual: readonly GraphTuple[]): readonly GraphTuple[] {
    if (
      contextual.length === 0 &&
      stored.every((tuple) => tuple.condition === undefined && relation.admits(tuple.user.type, tuple.userRelation, undefined))
    )
      return stored;
    const usable: GraphTuple[] = [];
    let failure: OpenFgaError | undefined;
    const take = (tuple: GraphTuple): void => {
      if (!relation.admits(tuple.user.type, tuple.userRelation, tuple.condition)) return;
      try {
        if (this.holds(tuple)) usable.push(tuple);
      } catch (error) {
        failure = error as OpenFgaError;
      }
    };
    for (const tuple of contextual) take(tuple);
    for (const tuple of stored) take(tuple);
    if (failure !== undefined && (this.strict || usable.length === 0)) throw failure;
    return usable;
  }

  usersetsOf(node: GraphNode, relation: CompiledRelation): readonly GraphTuple[] {
    return this.usable(relation, node.tuples(relation.id)?.usersets ?? noTuples, node.contextual(relation.id)?.usersets ?? noTuples);
  }

  /** Tuples of a tupleset relation: their users are the parents. */
  parentsOf(node: GraphNode, tupleset: CompiledRelation): readonly GraphTuple[] {
    return this.usable(tupleset, node.tuples(tupleset.id)?.users ?? noTuples, node.contextual(tupleset.id)?.users ?? noTuples);
  }
}

/** Request context must not hold control characters. */
export function requireContext(forbidden: string | undefined): void {
  if (forbidden !== undefined) throw validationError(`invalid context: context value ${goQuoted(forbidden)} contains forbidden characters`);
}
