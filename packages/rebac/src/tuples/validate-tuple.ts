import { isWildcard, userParts } from "../graph/tuple-graph.ts";
import { userKind, plainUser, wildcardUser } from "../graph/names.ts";
import type { CompiledModel, CompiledRelation } from "../model/compile-model.ts";
import type { Context, TupleKey } from "../open-fga.ts";

// oxlint-disable-next-line no-control-regex
const spaceOrControl = /[\s\u0000-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex
export const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

/** `type:id`, without `#`, spaces or control characters, both parts given. */
export function isObject(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && colon < text.length - 1 && text.indexOf(":", colon + 1) < 0 && !text.includes("#") && !spaceOrControl.test(text);
}

const isRelation = (text: string): boolean => text !== "" && !/[:#@]/.test(text) && !spaceOrControl.test(text);

/** Well-formed: an object, a userset, a typed wildcard, a bare id or a bare `*`. */
export function isUser(text: string): boolean {
  if (text === "" || spaceOrControl.test(text)) return false;
  const hash = text.indexOf("#");
  if (hash < 0) {
    const colon = text.indexOf(":");
    return colon < 0 || isObject(text);
  }
  const object = text.slice(0, hash);
  return isObject(object) && !isWildcard(object) && !object.slice(object.indexOf(":")).includes("*") && isRelation(text.slice(hash + 1));
}

const userHasNoType = "the 'user' field must be an object (e.g. document:1) or an 'object#relation' or a typed wildcard (e.g. group:*)";

export const typeOf = (object: string): string => object.slice(0, object.indexOf(":"));

/** The user part of a question or tuple. @returns why not */
export function refuseUser(user: string, model: CompiledModel): string | undefined {
  if (!isUser(user)) return "the 'user' field is malformed";
  if (!user.includes(":")) return userHasNoType;
  const { name, relation } = userParts(user);
  const type = model.types.get(typeOf(name));
  if (type === undefined) return `type '${typeOf(name)}' not found`;
  if (relation !== undefined && !type.relations.has(relation)) return `relation '${type.name}#${relation}' not found`;
  return undefined;
}

/** What a question has to pass: form, and that the names are in the model. @returns why not, or the relation asked */
export function refuseQuestion(key: { user: string; relation: string; object: string }, model: CompiledModel): string | CompiledRelation {
  const user = refuseUser(key.user, model);
  if (user !== undefined) return user;
  if (!isObject(key.object)) return "invalid 'object' field format";
  if (isWildcard(key.object)) return "the 'object' field cannot reference a typed wildcard";
  const type = model.types.get(typeOf(key.object));
  if (type === undefined) return `type '${typeOf(key.object)}' not found`;
  if (!isRelation(key.relation)) return "the 'relation' field is malformed";
  return type.relations.get(key.relation) ?? `relation '${type.name}#${key.relation}' not found`;
}

/** What a tuple has to pass to be written, or to count as a contextual one. @returns the whole message of the refusal */
export function refuseTuple(key: TupleKey, model: CompiledModel): string | undefined {
  const relation = refuseQuestion(key, model);
  if (typeof relation === "string") return refused(key, relation);
  const { name, relation: userRelation } = userParts(key.user);
  const userType = model.types.get(typeOf(name))!;
  const wildcard = isWildcard(name);
  const target = `${relation.type.name}#${relation.name}`;
  if (relation.isTupleset) {
    if (wildcard) return refused(key, `unexpected wildcard relationship with tupleset relation '${target}'`);
    if (userRelation !== undefined) return refused(key, `unexpected user '${key.user}' with tupleset relation '${target}'`);
  }
  const kind = wildcard ? wildcardUser : userRelation === undefined ? plainUser : userType.relations.get(userRelation)!.id;
  const restriction = relation.restrictions.get(userKind(userType.id, kind));
  if (restriction === undefined) {
    if (wildcard) return refused(key, `the typed wildcard '${name}' is not an allowed type restriction for '${target}'`);
    const shown = userRelation === undefined ? userType.name : `${userType.name}#${userRelation}`;
    return refused(key, `${userRelation === undefined ? "type " : ""}'${shown}' is not an allowed type restriction for '${target}'`);
  }
  const { condition } = key;
  if (!condition?.name) return restriction.bare ? undefined : refused(key, "condition is missing");
  const compiled = model.conditions.get(condition.name);
  if (compiled === undefined) return refused(key, "undefined condition");
  if (relation.conditionsByType.get(userType.id)?.has(condition.name) !== true)
    return refused(key, "invalid condition for type restriction");
  const forbidden = condition.context && forbiddenText(condition.context);
  if (forbidden !== undefined) return refused(key, `context value ${goQuoted(forbidden)} contains forbidden characters`);
  const unfit = condition.context && compiled.refuses(condition.context);
  return unfit === undefined ? undefined : refused(key, unfit);
}

function refused(key: TupleKey, reason: string): string {
  const condition = key.condition?.name ? ` (condition ${key.condition.name})` : "";
  return `Invalid tuple '${key.object}#${key.relation}@${key.user}${condition}'. Reason: ${reason}`;
}

/** A key or text of a context that has control characters in it. */
export function forbiddenText(context: Context): string | undefined {
  const stack: unknown[] = [context];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value === "string") {
      if (controlCharacter.test(value)) return value;
    } else if (value !== null && typeof value === "object") {
      if (!Array.isArray(value)) for (const name of Object.keys(value)) if (controlCharacter.test(name)) return name;
      for (const item of Object.values(value)) stack.push(item);
    }
  }
  return undefined;
}

/** As Go prints a text in quotes. */
export const goQuoted = (text: string): string =>
  JSON.stringify(text)
    .replace(/\\u00([01][0-9a-f])/g, "\\x$1")
    .replace(/\u007f/g, "\\x7f")
    .replace(/[\u0080-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
