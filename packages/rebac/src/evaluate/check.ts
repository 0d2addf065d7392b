import { OpenFgaError } from "../errors.ts";
import { plainUser, userKind, wildcardUser } from "../graph/names.ts";
import type { GraphNode, GraphTuple } from "../graph/tuple-graph.ts";
import type { CompiledRelation, Rewrite } from "../model/compile-model.ts";
import type { Evaluation } from "./evaluation.ts";

const no = 0;
const yes = 1;
/** no, because the question came back to itself */
const cycle = 2;
/** a condition could not be evaluated */
const failed = 3;
/** the depth limit was reached */
const tooDeep = 4;
const onPath = 5;

type Outcome = typeof no | typeof yes | typeof cycle | typeof failed | typeof tooDeep;

export const tooComplex = (): OpenFgaError =>
  new OpenFgaError(
    "authorization_model_resolution_too_complex",
    "Authorization Model resolution required too many rewrite rules to be resolved. Check your authorization model for infinite recursion or too much nesting",
  );

export const deadlineExceeded = (): OpenFgaError => new OpenFgaError("deadline_exceeded", "Request Deadline Exceeded");

/**
 * One question of one user. Sub-questions differ in object and relation only, so their answers are kept under both as one number.
 *
 * A kept answer knows how deep the walk below it went, so that it is not used where that walk would have hit the depth limit. A "no" that
 * rests on having come back to a question still on the path is provisional: below intersections and differences it is not kept at all;
 * elsewhere it is kept until a question on the path turns out as yes, because then what came back to it may be a yes as well.
 */
export class Check {
  readonly #evaluation: Evaluation;
  readonly #user: GraphNode;
  readonly #userRelation: number;
  readonly #kind: number;
  readonly #otherKind: number;
  #wildcard: GraphNode | undefined;
  readonly #memo = new Map<number, number>();
  readonly #provisional: number[] = [];
  readonly #depthMax: number;
  readonly #relations: number;
  #failure: OpenFgaError | undefined;
  #steps = 0;
  /** greatest depth below the question being answered */
  #deepest = 0;
  /** questions that came back, counted */
  #cycles = 0;

  constructor(evaluation: Evaluation, user: { node: GraphNode; relation: number }, depthMax: number = evaluation.limits.resolutionDepth) {
    this.#evaluation = evaluation;
    this.#user = user.node;
    this.#userRelation = user.relation;
    this.#kind = userKind(user.node.type, user.relation);
    // A question about everybody is asked wherever one of them may stand.
    this.#otherKind = user.relation >= 0 ? this.#kind : userKind(user.node.type, user.relation === wildcardUser ? plainUser : wildcardUser);
    this.#relations = evaluation.model.relations.length;
    this.#depthMax = depthMax;
    if (user.relation === plainUser) {
      const { name } = user.node;
      this.#wildcard = evaluation.graph.node(`${name.slice(0, name.indexOf(":"))}:*`);
      if (evaluation.contextTuples.length > 0) this.#wildcard ??= evaluation.node(`${name.slice(0, name.indexOf(":"))}:*`);
    }
  }

  /** @throws OpenFgaError validation_error, authorization_model_resolution_too_complex, deadline_exceeded */
  allowed(object: GraphNode, relation: CompiledRelation): boolean {
    let outcome: Outcome;
    try {
      outcome = this.#ask(object, relation, 0);
    } catch (error) {
      if (error instanceof RangeError) throw tooComplex(); // the stack: computed relations have no depth of their own
      throw error;
    }
    if (outcome === failed) throw this.#failure!;
    if (outcome === tooDeep) throw tooComplex();
    return outcome === yes;
  }

  /** Of one part of a relation's definition, for explanations. */
  partAllows(object: GraphNode, relation: CompiledRelation, part: Rewrite): boolean {
    return this.#rewrite(object, relation, part, 0) === yes;
  }

  #ask(object: GraphNode, relation: CompiledRelation, depth: number): Outcome {
    if (depth >= this.#depthMax) {
      this.#deepest = depth;
      return tooDeep;
    }
    const key = object.id * this.#relations + relation.index;
    const known = this.#memo.get(key);
    if (known !== undefined) {
      if (known === onPath) {
        this.#cycles++;
        return cycle;
      }
      const outcome = (known & 7) as Outcome;
      const height = known >> 3;
      // For "too deep" the height is the depth at which it was found: it holds there and below.
      if (outcome === tooDeep ? depth >= height : depth + height < this.#depthMax) {
        if (outcome === cycle) this.#cycles++;
        if (outcome !== tooDeep && depth + height > this.#deepest) this.#deepest = depth + height;
        return outcome;
      }
    }
    if (object === this.#user && relation.id === this.#userRelation) return yes;
    const { sources } = relation;
    if (!sources.has(this.#kind) && !sources.has(this.#otherKind)) return no;
    if (++this.#steps > this.#evaluation.limits.steps) throw deadlineExceeded();

    this.#memo.set(key, onPath);
    const outerDeepest = this.#deepest;
    const cyclesBefore = this.#cycles;
    const provisionalFrom = this.#provisional.length;
    this.#deepest = depth;
    const outcome = this.#rewrite(object, relation, relation.rewrite, depth);
    const height = this.#deepest - depth;
    if (outerDeepest > this.#deepest) this.#deepest = outerDeepest;

    if (outcome === yes) {
      for (let i = this.#provisional.length; i > provisionalFrom; i--) this.#memo.delete(this.#provisional.pop()!);
      this.#memo.set(key, yes | (height << 3));
    } else if (outcome === tooDeep) this.#memo.set(key, tooDeep | (depth << 3));
    else if (this.#cycles === cyclesBefore) this.#memo.set(key, outcome | (height << 3));
    else if (relation.monotone) {
      this.#memo.set(key, outcome | (height << 3));
      this.#provisional.push(key);
    } else this.#memo.delete(key);
    return outcome;
  }

  #rewrite(object: GraphNode, relation: CompiledRelation, rewrite: Rewrite, depth: number): Outcome {
    switch (rewrite.kind) {
      case "direct":
        return this.#direct(object, relation, depth);
      case "computed":
        return this.#ask(object, rewrite.relation, depth);
      case "from":
        return this.#from(object, rewrite, depth);
      case "union": {
        let result: Outcome = no;
        for (const child of rewrite.children) {
          const outcome = this.#rewrite(object, relation, child, depth);
          if (outcome === yes) return yes;
          if (outcome > result) result = outcome;
        }
        return result;
      }
      case "intersection": {
        let result: Outcome = yes;
        for (const child of rewrite.children) {
          const outcome = this.#rewrite(object, relation, child, depth);
          if (outcome === no) return no;
          if (outcome === cycle) result = cycle;
          else if (outcome > yes && result !== cycle && outcome > result) result = outcome;
        }
        return result;
      }
      case "difference": {
        const base = this.#rewrite(object, relation, rewrite.base, depth);
        if (base === no || base === cycle) return base;
        const subtract = this.#rewrite(object, relation, rewrite.subtract, depth);
        if (subtract === yes) return no;
        if (subtract === cycle) return cycle;
        if (base !== yes) return base;
        return subtract === no ? yes : subtract;
      }
    }
  }

  #direct(object: GraphNode, relation: CompiledRelation, depth: number): Outcome {
    const stored = object.tuples(relation.id);
    const contextual = object.contextual(relation.id);
    if (stored === undefined && contextual === undefined) return no;
    let result: Outcome = no;
    const own = contextual?.find(this.#user, this.#userRelation) ?? stored?.find(this.#user, this.#userRelation);
    if (own !== undefined) {
      const outcome = this.#tuple(relation, own);
      if (outcome === yes) return yes;
      result = outcome;
    }
    if (this.#wildcard !== undefined) {
      const publicly = contextual?.find(this.#wildcard, wildcardUser) ?? stored?.find(this.#wildcard, wildcardUser);
      if (publicly !== undefined) {
        const outcome = this.#tuple(relation, publicly);
        if (outcome === yes) return yes;
        if (outcome > result) result = outcome;
      }
    }
    if (!relation.hasUsersets) return result;
    let usersets: readonly GraphTuple[];
    try {
      usersets = this.#evaluation.usersetsOf(object, relation);
    } catch (error) {
      return this.#fail(error);
    }
    for (let i = 0; i < usersets.length; i++) {
      const { user, userRelation } = usersets[i]!;
      const next = this.#evaluation.model.typesById.get(user.type)?.relationsById.get(userRelation);
      if (next === undefined) continue;
      const outcome = this.#ask(user, next, depth + 1);
      if (outcome === yes) return yes;
      if (outcome > result) result = outcome;
    }
    return result;
  }

  #from(object: GraphNode, rewrite: Extract<Rewrite, { kind: "from" }>, depth: number): Outcome {
    if (object.out === undefined && object.contextOut === undefined) return no;
    let parents: readonly GraphTuple[];
    try {
      parents = this.#evaluation.parentsOf(object, rewrite.tupleset);
    } catch (error) {
      return this.#fail(error);
    }
    let result: Outcome = no;
    for (let i = 0; i < parents.length; i++) {
      const parent = parents[i]!.user;
      const next = this.#evaluation.model.typesById.get(parent.type)?.relationsById.get(rewrite.relation);
      if (next === undefined) continue;
      const outcome = this.#ask(parent, next, depth + 1);
      if (outcome === yes) return yes;
      if (outcome > result) result = outcome;
    }
    return result;
  }

  #tuple(relation: CompiledRelation, tuple: GraphTuple): Outcome {
    if (!relation.admits(tuple.user.type, tuple.userRelation, tuple.condition)) return no;
    try {
      return this.#evaluation.holds(tuple) ? yes : no;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): Outcome {
    if (!(error instanceof OpenFgaError)) throw error;
    this.#failure ??= error;
    return failed;
  }
}
