import type { Context } from "../open-fga.ts";
import { plainUser, wildcardUser, type Names } from "./names.ts";

/** An object (or `type:*`) that some tuple names. Reached by pointers, so that a check is a walk without a lookup by text. */
export class GraphNode {
  readonly id: number;
  readonly type: number;
  /** `type:id` */
  readonly name: string;
  /** tuples of this object, a list by relation */
  out: TupleSet | undefined = undefined;
  /** tuples whose user is this object, or a userset of it */
  in: GraphTuple[] | undefined = undefined;
  /** the contextual tuples of the request that runs now; empty between requests */
  contextOut: TupleSet | undefined = undefined;
  contextIn: GraphTuple[] | undefined = undefined;

  constructor(id: number, type: number, name: string) {
    this.id = id;
    this.type = type;
    this.name = name;
  }

  tuples(relation: number): TupleSet | undefined {
    let set = this.out;
    while (set !== undefined && set.relation !== relation) set = set.next;
    return set;
  }

  contextual(relation: number): TupleSet | undefined {
    let set = this.contextOut;
    while (set !== undefined && set.relation !== relation) set = set.next;
    return set;
  }
}

export class GraphTuple {
  readonly object: GraphNode;
  readonly relation: number;
  readonly user: GraphNode;
  /** the userset's relation, or `plainUser`, or `wildcardUser` */
  readonly userRelation: number;
  readonly condition: string | undefined;
  readonly context: Context | undefined;
  /** place in the change log; 0 for a contextual tuple */
  readonly sequence: number;
  /** milliseconds since 1970 */
  readonly time: number;
  outAt = 0;
  inAt = 0;
  deleted = false;

  constructor(
    object: GraphNode,
    relation: number,
    user: GraphNode,
    userRelation: number,
    condition: string | undefined,
    context: Context | undefined,
    sequence: number,
    time: number,
  ) {
    this.object = object;
    this.relation = relation;
    this.user = user;
    this.userRelation = userRelation;
    this.condition = condition;
    this.context = context;
    this.sequence = sequence;
    this.time = time;
  }
}

const none: GraphTuple[] = [];
const scanMax = 8;

/** The tuples of one object and relation. */
export class TupleSet {
  readonly relation: number;
  next: TupleSet | undefined;
  /** users that are objects or wildcards */
  users: GraphTuple[] = none;
  usersets: GraphTuple[] = none;
  /** by user, once there are too many to look through */
  #index: Map<GraphNode, GraphTuple | GraphTuple[]> | undefined = undefined;

  constructor(relation: number, next: TupleSet | undefined) {
    this.relation = relation;
    this.next = next;
  }

  get size(): number {
    return this.users.length + this.usersets.length;
  }

  find(user: GraphNode, userRelation: number): GraphTuple | undefined {
    if (this.#index !== undefined) {
      const found = this.#index.get(user);
      if (!Array.isArray(found)) return found?.userRelation === userRelation ? found : undefined;
      return found.find((tuple) => tuple.userRelation === userRelation);
    }
    const list = userRelation < 0 ? this.users : this.usersets;
    for (let i = 0; i < list.length; i++) {
      const tuple = list[i]!;
      if (tuple.user === user && tuple.userRelation === userRelation) return tuple;
    }
    return undefined;
  }

  add(tuple: GraphTuple): void {
    if (tuple.userRelation < 0) {
      if (this.users === none) this.users = [];
      tuple.outAt = this.users.push(tuple) - 1;
    } else {
      if (this.usersets === none) this.usersets = [];
      tuple.outAt = this.usersets.push(tuple) - 1;
    }
    if (this.#index !== undefined) this.#indexOne(tuple);
    else if (this.size > scanMax) {
      this.#index = new Map();
      for (const each of this.users) this.#indexOne(each);
      for (const each of this.usersets) this.#indexOne(each);
    }
  }

  remove(tuple: GraphTuple): void {
    const list = tuple.userRelation < 0 ? this.users : this.usersets;
    const last = list.pop()!;
    if (last !== tuple) {
      list[tuple.outAt] = last;
      last.outAt = tuple.outAt;
    }
    const found = this.#index?.get(tuple.user);
    if (!Array.isArray(found)) this.#index?.delete(tuple.user);
    else {
      found.splice(found.indexOf(tuple), 1);
      if (found.length === 0) this.#index!.delete(tuple.user);
    }
  }

  #indexOne(tuple: GraphTuple): void {
    const found = this.#index!.get(tuple.user);
    if (found === undefined) this.#index!.set(tuple.user, tuple);
    else if (Array.isArray(found)) found.push(tuple);
    else this.#index!.set(tuple.user, [found, tuple]);
  }
}

export interface NewTuple {
  object: string;
  relation: string;
  user: string;
  condition: string | undefined;
  context: Context | undefined;
  sequence: number;
  time: number;
}

/** Every tuple of one store, by object and by user, and in the order in which they were written. */
export class TupleGraph {
  readonly names: Names;
  readonly #nodes = new Map<string, GraphNode>();
  #nextId = 1;
  #ordered: GraphTuple[] = [];
  #dead = 0;

  constructor(names: Names) {
    this.names = names;
  }

  get size(): number {
    return this.#ordered.length - this.#dead;
  }

  get nextId(): number {
    return this.#nextId;
  }

  node(name: string): GraphNode | undefined {
    return this.#nodes.get(name);
  }

  find(object: string, relation: string, user: string): GraphTuple | undefined {
    const node = this.#nodes.get(object);
    const set = node?.tuples(this.names.find(relation));
    if (set === undefined) return undefined;
    const { name, relation: userRelation } = userParts(user);
    const userNode = this.#nodes.get(name);
    if (userNode === undefined) return undefined;
    const id = userRelation === undefined ? kindOf(name) : this.names.find(userRelation);
    if (userRelation !== undefined && id < 0) return undefined;
    return set.find(userNode, id);
  }

  /** The tuple is not there yet. */
  add(tuple: NewTuple): GraphTuple {
    const object = this.#ensure(tuple.object);
    const relation = this.names.intern(tuple.relation);
    const { name, relation: userRelation } = userParts(tuple.user);
    const user = this.#ensure(name);
    const added = new GraphTuple(
      object,
      relation,
      user,
      userRelation === undefined ? kindOf(name) : this.names.intern(userRelation),
      tuple.condition,
      tuple.context,
      tuple.sequence,
      tuple.time,
    );
    let set = object.tuples(relation);
    if (set === undefined) object.out = set = new TupleSet(relation, object.out);
    set.add(added);
    added.inAt = (user.in ??= []).push(added) - 1;
    this.#ordered.push(added);
    return added;
  }

  remove(tuple: GraphTuple): void {
    const { object, user } = tuple;
    const set = object.tuples(tuple.relation)!;
    set.remove(tuple);
    if (set.size === 0) unlink(object, set);
    const last = user.in!.pop()!;
    if (last !== tuple) {
      user.in![tuple.inAt] = last;
      last.inAt = tuple.inAt;
    }
    if (user.in!.length === 0) user.in = undefined;
    this.#drop(object);
    this.#drop(user);
    tuple.deleted = true;
    this.#dead++;
    if (this.#dead > 1024 && this.#dead * 2 > this.#ordered.length) this.#compact();
  }

  /** Takes back an `add` that was the newest. */
  undoAdd(tuple: GraphTuple): void {
    this.remove(tuple);
    this.#compact();
  }

  /** In the order of writing, after a sequence. */
  *after(sequence: number): Iterable<GraphTuple> {
    const list = this.#ordered;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle]!.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < list.length; i++) if (!list[i]!.deleted) yield list[i]!;
  }

  /** `type:id#relation`, `type:id` or `type:*` */
  userOf(tuple: GraphTuple): string {
    return tuple.userRelation < 0 ? tuple.user.name : `${tuple.user.name}#${this.names.text(tuple.userRelation)}`;
  }

  #ensure(name: string): GraphNode {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = new GraphNode(this.#nextId++, this.names.intern(name.slice(0, name.indexOf(":"))), name);
      this.#nodes.set(name, node);
    }
    return node;
  }

  #drop(node: GraphNode): void {
    if (node.out === undefined && node.in === undefined) this.#nodes.delete(node.name);
  }

  #compact(): void {
    this.#ordered = this.#ordered.filter((tuple) => !tuple.deleted);
    this.#dead = 0;
  }
}

function unlink(node: GraphNode, set: TupleSet): void {
  if (node.out === set) {
    node.out = set.next;
    return;
  }
  let before = node.out!;
  while (before.next !== set) before = before.next!;
  before.next = set.next;
}

/** Splits `group:eng#member`; a well-formed user has at most one `#`. */
export function userParts(user: string): { name: string; relation: string | undefined } {
  const hash = user.indexOf("#");
  return hash < 0 ? { name: user, relation: undefined } : { name: user.slice(0, hash), relation: user.slice(hash + 1) };
}

export const isWildcard = (name: string): boolean => name.endsWith(":*") && name.indexOf(":") === name.length - 2;
export const kindOf = (name: string): number => (isWildcard(name) ? wildcardUser : plainUser);
