import type {
  AuthorizationModel,
  Condition,
  ConditionParameter,
  RelationReference,
  TypeDefinition,
  Userset,
} from "../model/authorization-model.ts";
import { DslError } from "./dsl-error.ts";

/**
 * A model in the modelling language. Modules are not told apart.
 * @throws DslError for what the language cannot say: `this` twice in one definition, or only in a place where it cannot be moved to the front
 */
export function dslFromModel(model: Omit<AuthorizationModel, "id">): string {
  const types = model.type_definitions.map(printType);
  const conditions = Object.values(model.conditions ?? {})
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(printCondition);
  return `${[`model\n  schema ${model.schema_version}`, ...types, ...conditions].join("\n\n")}\n`;
}

function printType({ type, relations = {}, metadata }: TypeDefinition): string {
  const names = Object.keys(relations);
  if (names.length === 0) return `type ${type}`;
  const lines = names.map((name) => {
    const references = metadata?.relations?.[name]?.directly_related_user_types ?? [];
    const ordered = thisFirst(relations[name]!);
    if (countThis(ordered) > 1 || (countThis(ordered) === 1 && !startsWithThis(ordered))) {
      throw new DslError([
        { file: "", message: `the definition of '${name}' in '${type}' cannot be written: a restriction list can only stand first` },
      ]);
    }
    return `    define ${name}: ${printRewrite(ordered, references, true)}`;
  });
  return `type ${type}\n  relations\n${lines.join("\n")}`;
}

const children = (userset: Userset): Userset[] =>
  (userset.union ?? userset.intersection)?.child ?? (userset.difference ? [userset.difference.base, userset.difference.subtract] : []);

const countThis = (userset: Userset): number => (userset.this ? 1 : children(userset).reduce((sum, child) => sum + countThis(child), 0));

const startsWithThis = (userset: Userset): boolean =>
  userset.this !== undefined || (children(userset)[0] !== undefined && startsWithThis(children(userset)[0]!));

/** Unions and intersections may be reordered. */
function thisFirst(userset: Userset): Userset {
  const first = (list: Userset[]): Userset[] => list.map(thisFirst).sort((a, b) => Math.min(1, countThis(b)) - Math.min(1, countThis(a)));
  if (userset.union) return { union: { child: first(userset.union.child) } };
  if (userset.intersection) return { intersection: { child: first(userset.intersection.child) } };
  if (userset.difference)
    return { difference: { base: thisFirst(userset.difference.base), subtract: thisFirst(userset.difference.subtract) } };
  return userset;
}

function printRewrite(userset: Userset, references: readonly RelationReference[], outermost: boolean): string {
  if (userset.this) return `[${references.map(printReference).join(", ")}]`;
  if (userset.computedUserset) return userset.computedUserset.relation;
  if (userset.tupleToUserset) return `${userset.tupleToUserset.computedUserset.relation} from ${userset.tupleToUserset.tupleset.relation}`;
  const operator = userset.union ? " or " : userset.intersection ? " and " : " but not ";
  const text = children(userset)
    .map((child) => printRewrite(child, references, false))
    .join(operator);
  return outermost ? text : `(${text})`;
}

function printReference({ type, relation, wildcard, condition }: RelationReference): string {
  const user = relation ? `${type}#${relation}` : wildcard ? `${type}:*` : type;
  return condition ? `${user} with ${condition}` : user;
}

function printCondition({ name, expression, parameters = {} }: Condition): string {
  const list = Object.keys(parameters)
    .sort()
    .map((parameter) => `${parameter}: ${printParameter(parameters[parameter]!)}`);
  return `condition ${name}(${list.join(", ")}) {\n  ${expression}\n}`;
}

function printParameter({ type_name: type, generic_types: generic }: ConditionParameter): string {
  const name = type.replace("TYPE_NAME_", "").toLowerCase();
  return generic?.length ? `${name}<${generic.map(printParameter).join(", ")}>` : name;
}
