import type { JsonObject, JsonValue } from "../object.ts";
import { normalizeElement, type PathElement } from "./path-element.ts";

/**
 * A set of field paths. A path can be a member without its parents or children being so. Sets share subtrees; one that somebody else has seen
 * is not changed any more.
 * @see sigs.k8s.io/structured-merge-diff fieldpath.Set
 */
export class FieldSet {
  readonly members: Set<PathElement> = new Set();
  readonly children: Map<PathElement, FieldSet> = new Map();

  get empty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  /** Adds a path while the set is being built. */
  insert(path: readonly PathElement[], from = 0): this {
    const element = path[from];
    if (element === undefined) return this;
    if (from === path.length - 1) {
      this.members.add(element);
      return this;
    }
    const child = this.children.get(element) ?? new FieldSet();
    this.children.set(element, child.insert(path, from + 1));
    return this;
  }

  has(path: readonly PathElement[], from = 0): boolean {
    const element = path[from];
    if (element === undefined) return false;
    if (from === path.length - 1) return this.members.has(element);
    return this.children.get(element)?.has(path, from + 1) ?? false;
  }

  union(other: FieldSet): FieldSet {
    if (other.empty) return this;
    if (this.empty) return other;
    const result = new FieldSet();
    for (const member of this.members) result.members.add(member);
    for (const member of other.members) result.members.add(member);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      result.children.set(element, theirs ? child.union(theirs) : child);
    }
    for (const [element, child] of other.children) if (!this.children.has(element)) result.children.set(element, child);
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const member of this.members) if (other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (theirs) setChild(result, element, child.intersection(theirs));
    }
    return result;
  }

  /** Without the other's paths. What lies below such a path stays. */
  difference(other: FieldSet): FieldSet {
    if (other.empty) return this;
    const result = new FieldSet();
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      setChild(result, element, theirs ? child.difference(theirs) : child);
    }
    return result;
  }

  /** Without the other's paths and everything below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.empty) return this;
    const result = new FieldSet();
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      if (other.members.has(element)) continue;
      const theirs = other.children.get(element);
      setChild(result, element, theirs ? child.recursiveDifference(theirs) : child);
    }
    return result;
  }

  equals(other: FieldSet): boolean {
    if (this.members.size !== other.members.size || this.children.size !== other.children.size) return false;
    for (const member of this.members) if (!other.members.has(member)) return false;
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (!theirs || !child.equals(theirs)) return false;
    }
    return true;
  }

  /** Every path, sorted; those of one level before those below them. */
  paths(): PathElement[][] {
    const found: PathElement[][] = [];
    this.#collect([], found);
    return found;
  }

  #collect(prefix: PathElement[], found: PathElement[][]): void {
    for (const member of [...this.members].sort()) found.push([...prefix, member]);
    for (const element of [...this.children.keys()].sort()) {
      this.children.get(element)!.#collect([...prefix, element], found);
    }
  }

  /** The tree that stands in `managedFields[].fieldsV1`: `.` marks a path that is a member and has members below. */
  toFieldsV1(): JsonObject {
    const fields: JsonObject = {};
    const elements = [...this.members];
    for (const element of this.children.keys()) if (!this.members.has(element)) elements.push(element);
    elements.sort();
    for (const element of elements) {
      const child = this.children.get(element);
      if (!child) fields[element] = {};
      else if (this.members.has(element)) fields[element] = { ".": {}, ...child.toFieldsV1() };
      else fields[element] = child.toFieldsV1();
    }
    return fields;
  }

  /** @throws Error when it is not such a tree */
  static fromFieldsV1(fields: JsonValue | undefined, depth = 0): FieldSet {
    const set = new FieldSet();
    if (fields === undefined || fields === null) return set;
    if (typeof fields !== "object" || Array.isArray(fields)) throw new Error("fieldsV1 is not an object");
    if (depth > 1000) throw new Error("fieldsV1 is too deep");
    for (const key of Object.keys(fields)) {
      if (key === ".") continue;
      const element = normalizeElement(key);
      if (element === undefined) continue;
      const below = fields[key];
      if (typeof below !== "object" || below === null || Array.isArray(below)) throw new Error(`${key} is not an object`);
      const child = FieldSet.fromFieldsV1(below, depth + 1);
      if (child.empty || Object.hasOwn(below, ".")) set.members.add(element);
      if (!child.empty) set.children.set(element, child);
    }
    return set;
  }

  /** The set of some paths. */
  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }
}

function setChild(set: FieldSet, element: PathElement, child: FieldSet): void {
  if (!child.empty) set.children.set(element, child);
}
