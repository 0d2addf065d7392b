import { plainUser, userKind, wildcardUser } from "../graph/names.ts";
import type { GraphNode, GraphTuple } from "../graph/tuple-graph.ts";
import type { CompiledRelation, Rewrite } from "../model/compile-model.ts";
import { Check, tooComplex } from "./check.ts";
import type { Evaluation } from "./evaluation.ts";

const noTuples: readonly GraphTuple[] = [];
const outOfTime = new Error("out of time");

/** Users of one kind: those named, and perhaps everybody but some. */
export class UserSet {
  readonly names = new Set<string>();
  everybody = false;
  except = new Set<string>();
  /** pairs already walked into this set */
  readonly visited = new Set<number>();

  get isEmpty(): boolean {
    return this.names.size === 0 && !this.everybody;
  }

  has(name: string): boolean {
    return this.names.has(name) || (this.everybody && !this.except.has(name));
  }

  addEverybody(except?: ReadonlySet<string>): void {
    if (this.everybody) this.except = new Set([...this.except].filter((name) => except?.has(name)));
    else {
      this.everybody = true;
      this.except = new Set(except);
    }
  }

  add(other: UserSet): void {
    for (const name of other.names) this.names.add(name);
    if (other.everybody) this.addEverybody(other.except);
  }

  static intersection(a: UserSet, b: UserSet): UserSet {
    const both = new UserSet();
    for (const name of a.names) if (b.has(name)) both.names.add(name);
    for (const name of b.names) if (a.has(name)) both.names.add(name);
    if (a.everybody && b.everybody) both.addEverybody(new Set([...a.except, ...b.except]));
    return both;
  }

  static difference(base: UserSet, subtract: UserSet): UserSet {
    const rest = new UserSet();
    for (const name of base.names) if (!subtract.has(name)) rest.names.add(name);
    if (!base.everybody) return rest;
    if (!subtract.everybody) rest.addEverybody(new Set([...base.except, ...subtract.names]));
    else for (const name of subtract.except) if (base.has(name) && !subtract.names.has(name)) rest.names.add(name);
    return rest;
  }
}

export interface UserFilter {
  type: { id: number; name: string };
  /** of a userset */
  relation: { id: number; name: string } | undefined;
}

/**
 * All users of one kind that have a relation on an object. Unions walk into one set; intersections and differences into sets of their own.
 * When the time is over, what was found is the answer, without a sign.
 * @throws OpenFgaError validation_error, authorization_model_resolution_too_complex
 */
export class ListUsers {
  readonly #evaluation: Evaluation;
  readonly #filter: UserFilter;
  readonly #kinds: number[];
  readonly #path = new Set<number>();
  readonly #deadline: number;
  #cycles = 0;
  #steps = 0;

  constructor(evaluation: Evaluation, filter: UserFilter, deadline: number) {
    this.#evaluation = evaluation;
    evaluation.strict = true;
    this.#filter = filter;
    this.#deadline = deadline;
    this.#kinds = filter.relation
      ? [userKind(filter.type.id, filter.relation.id)]
      : [userKind(filter.type.id, plainUser), userKind(filter.type.id, wildcardUser)];
  }

  of(object: GraphNode, relation: CompiledRelation): UserSet {
    const users = new UserSet();
    try {
      this.#expand(object, relation, 0, users);
    } catch (error) {
      // What was found until then is true: sets of intersections and differences are taken in only when they are whole.
      if (error !== outOfTime) throw error;
    }
    return users;
  }

  #expand(object: GraphNode, relation: CompiledRelation, depth: number, into: UserSet): void {
    if (depth >= this.#evaluation.limits.resolutionDepth) throw tooComplex();
    const key = object.id * this.#evaluation.model.relations.length + relation.index;
    if (this.#path.has(key)) {
      this.#cycles++;
      return;
    }
    if (into.visited.has(key)) return;
    into.visited.add(key);
    const { type, relation: wanted } = this.#filter;
    if (wanted !== undefined && relation.id === wanted.id && relation.type.id === type.id) into.names.add(`${object.name}#${wanted.name}`);
    if (!this.#kinds.some((kind) => relation.sources.has(kind))) return;
    if ((++this.#steps & 255) === 0 && performance.now() > this.#deadline) throw outOfTime;
    this.#path.add(key);
    this.#rewrite(object, relation, relation.rewrite, depth, into);
    this.#path.delete(key);
  }

  #rewrite(object: GraphNode, relation: CompiledRelation, rewrite: Rewrite, depth: number, into: UserSet): void {
    switch (rewrite.kind) {
      case "direct":
        this.#direct(object, relation, depth, into);
        break;
      case "computed":
        this.#expand(object, rewrite.relation, depth + 1, into);
        break;
      case "from":
        for (const { user } of this.#evaluation.parentsOf(object, rewrite.tupleset)) {
          const next = this.#evaluation.model.typesById.get(user.type)?.relationsById.get(rewrite.relation);
          if (next !== undefined) this.#expand(user, next, depth + 1, into);
        }
        break;
      case "union":
        for (const child of rewrite.children) this.#rewrite(object, relation, child, depth, into);
        break;
      case "intersection":
        into.add(this.#intersection(object, relation, rewrite.children, depth));
        break;
      case "difference": {
        const base = this.#own(object, relation, rewrite.base, depth);
        const before = this.#cycles;
        const subtract = this.#own(object, relation, rewrite.subtract, depth);
        if (this.#cycles === before) into.add(UserSet.difference(base, subtract));
        else {
          this.#cycles = before;
          into.add(this.#oneByOne(object, relation, rewrite, base, subtract));
        }
        break;
      }
    }
  }

  /** A subtract branch that came back to itself is no set: who of those named passes is asked for each, as a check would. */
  #oneByOne(object: GraphNode, relation: CompiledRelation, rewrite: Rewrite, base: UserSet, subtract: UserSet): UserSet {
    const passing = new UserSet();
    const except = new Set<string>();
    this.#evaluation.strict = false;
    const passes = (name: string): boolean =>
      new Check(this.#evaluation, this.#evaluation.user(name)).partAllows(object, relation, rewrite);
    for (const name of new Set([...base.names, ...base.except, ...subtract.names, ...subtract.except])) {
      if (performance.now() > this.#deadline) throw outOfTime;
      if (base.has(name) && passes(name)) passing.names.add(name);
      else except.add(name);
    }
    if (base.everybody && passes(`${this.#filter.type.name}:*`)) {
      // Those who pass as everybody need no name of their own, unless a tuple names them.
      for (const name of passing.names) if (!base.names.has(name)) passing.names.delete(name);
      passing.addEverybody(except);
    }
    this.#evaluation.strict = true;
    return passing;
  }

  /** An operand that nobody passes decides, whatever cycles the others have; all are looked at, because a condition in any may fail. */
  #intersection(object: GraphNode, relation: CompiledRelation, operands: readonly Rewrite[], depth: number): UserSet {
    const cyclesAtFirst = this.#cycles;
    let isEmpty = false;
    let both: UserSet | undefined;
    for (const operand of operands) {
      const before = this.#cycles;
      const users = this.#own(object, relation, operand, depth);
      isEmpty ||= users.isEmpty && this.#cycles === before;
      both = both === undefined ? users : UserSet.intersection(both, users);
    }
    if (isEmpty) this.#cycles = cyclesAtFirst;
    return both!;
  }

  #own(object: GraphNode, relation: CompiledRelation, rewrite: Rewrite, depth: number): UserSet {
    const users = new UserSet();
    this.#rewrite(object, relation, rewrite, depth, users);
    return users;
  }

  #direct(object: GraphNode, relation: CompiledRelation, depth: number, into: UserSet): void {
    const stored = object.tuples(relation.id);
    const contextual = object.contextual(relation.id);
    if (stored === undefined && contextual === undefined) return;
    const { type, relation: wanted } = this.#filter;
    const tuples = this.#evaluation.usable(
      relation,
      stored === undefined ? noTuples : stored.usersets.length === 0 ? stored.users : [...stored.users, ...stored.usersets],
      contextual === undefined ? noTuples : [...contextual.users, ...contextual.usersets],
    );
    for (const { user, userRelation } of tuples) {
      if (userRelation === wildcardUser) {
        if (wanted === undefined && user.type === type.id) into.addEverybody();
      } else if (userRelation === plainUser) {
        if (wanted === undefined && user.type === type.id) into.names.add(user.name);
      } else {
        const next = this.#evaluation.model.typesById.get(user.type)?.relationsById.get(userRelation);
        if (next !== undefined) this.#expand(user, next, depth + 1, into);
      }
    }
  }
}
