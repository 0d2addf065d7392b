import { equalJson, type FieldError, type JsonSchema, type ValidationRule } from "@meshplane/apimachinery";
import { printValue } from "@meshplane/apimachinery";
import { CelCostExceeded, CelError, compile, typeFromSchema, types, type Program } from "@meshplane/cel";
import { formatPath, joinFields } from "./problem.ts";
import { anywhere, isObject, own } from "./values.ts";
import { itemKey, itemsByKey } from "./validate-schema.ts";

/** One evaluation, and all evaluations of one request together. @see k8s.io/apiserver pkg/apis/cel */
const callLimit = 1_000_000;
const requestBudget = 10_000_000;
/** Longer messages of messageExpression are not shown. */
const messageLengthMax = 5_120;

export const hasRules = anywhere((schema) => (schema["x-kubernetes-validations"]?.length ?? 0) > 0);

export interface CompiledRule {
  rule: ValidationRule;
  /** Why the rule does not compile; it can then only be reported. */
  error?: CelError | string;
  program?: Program;
  usesOldSelf: boolean;
  messageProgram?: Program;
  messageError?: CelError | string;
}

/** Compiles the rules of one node (not of those below). */
export function compileRules(schema: JsonSchema, root: boolean): CompiledRule[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  const self = typeFromSchema(schema, { root });
  return rules.map((rule) => compileRule(rule, self));
}

function compileRule(rule: ValidationRule, self: types.CelType | undefined): CompiledRule {
  if (!self) return { rule, usesOldSelf: false, error: "rule is set on a schema that rules cannot see" };
  const oldSelf = rule.optionalOldSelf ? types.optional(self) : self;
  const variables = { self, oldSelf };
  const compiled: CompiledRule = { rule, usesOldSelf: false };
  try {
    const program = compile(rule.rule, { variables });
    compiled.usesOldSelf = program.usesOldSelf;
    if (program.type.kind !== "bool") compiled.error = "cel expression must evaluate to a bool";
    else compiled.program = program;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    compiled.error = error;
  }
  if (rule.messageExpression) {
    try {
      const program = compile(rule.messageExpression, { variables });
      if (program.type.kind !== "string") compiled.messageError = "messageExpression must evaluate to a string";
      else compiled.messageProgram = program;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      compiled.messageError = error;
    }
  }
  return compiled;
}

interface Node {
  schema: JsonSchema;
  rules: CompiledRule[];
  properties: Map<string, Node>;
  others: Node | undefined;
  items: Node | undefined;
}

interface Run {
  errors: FieldError[];
  /** what would be an error, had the value not been there before */
  tolerated: FieldError[];
  left: number;
}

/** All rules of a schema. @param old what is being replaced; undefined on create */
export type ValidateRules = (value: unknown, old: unknown, prefix?: string) => { errors: FieldError[]; tolerated: FieldError[] };

/** Undefined for a schema without rules. Rules compile when the first object is checked. */
export function compileRuleValidator(schema: JsonSchema, root: boolean): ValidateRules | undefined {
  if (!hasRules(schema)) return undefined;
  let tree: Node | undefined;
  return (value, old, prefix = "") => {
    tree ??= nodeOf(schema, root);
    const run: Run = { errors: [], tolerated: [], left: requestBudget };
    visit(tree!, value, old, prefix, run);
    return run;
  };
}

function nodeOf(schema: JsonSchema, root: boolean): Node {
  const node: Node = { schema, rules: compileRules(schema, root), properties: new Map(), others: undefined, items: undefined };
  for (const key of Object.keys(schema.properties ?? {})) {
    // metadata belongs to the server; rules below it are not run
    if (root && key === "metadata") continue;
    const property = schema.properties![key]!;
    if (hasRules(property)) node.properties.set(key, nodeOf(property, false));
  }
  if (typeof schema.additionalProperties === "object" && hasRules(schema.additionalProperties)) {
    node.others = nodeOf(schema.additionalProperties, false);
  }
  if (schema.items && hasRules(schema.items)) node.items = nodeOf(schema.items, false);
  return node;
}

/** @returns false once the budget is gone */
function visit(node: Node, value: unknown, old: unknown, path: string, run: Run): boolean {
  if (value === undefined || value === null) return true;
  for (const rule of node.rules) if (!check(rule, node.schema, value, old, path, run)) return false;
  if (Array.isArray(value)) {
    if (!node.items) return true;
    const keys = node.schema["x-kubernetes-list-type"] === "map" ? node.schema["x-kubernetes-list-map-keys"] : undefined;
    const previous = keys && Array.isArray(old) ? itemsByKey(old, keys) : undefined;
    return value.every((item, i) => visit(node.items!, item, previous?.get(itemKey(item, keys!)), `${path}[${i}]`, run));
  }
  if (!isObject(value)) return true;
  if (node.properties.size === 0 && !node.others) return true;
  const before = isObject(old) ? old : undefined;
  return Object.keys(value)
    .sort()
    .every((key) => {
      const inner = node.properties.get(key) ?? (own(node.schema.properties, key) ? undefined : node.others);
      return !inner || visit(inner, value[key], before && own(before, key), joinFields(path, key), run);
    });
}

function check(compiled: CompiledRule, schema: JsonSchema, value: unknown, old: unknown, path: string, run: Run): boolean {
  const { rule, program, usesOldSelf } = compiled;
  const typeName = schema["x-kubernetes-int-or-string"] ? "" : (schema.type ?? "");
  const field = path || "<nil>";
  const report = (detail: string): void => void run.errors.push({ type: "FieldValueInvalid", field, detail });
  if (!program) {
    report(
      `Invalid value: ${JSON.stringify(typeName)}: rule compile error: ${String(compiled.error instanceof Error ? compiled.error.message : compiled.error)}`,
    );
    return true;
  }
  if (usesOldSelf && old === undefined && !rule.optionalOldSelf) return true;
  const bindings: Record<string, unknown> = { self: value };
  if (usesOldSelf) bindings["oldSelf"] = rule.optionalOldSelf && old === undefined ? noOldSelf() : old;
  const costLimit = Math.min(callLimit, run.left);
  let holds: boolean;
  try {
    const { value: result, cost } = program.evaluate(bindings, { costLimit });
    run.left -= cost;
    holds = result === true;
  } catch (error) {
    const shown = `Invalid value: ${JSON.stringify(typeName)}: `;
    if (error instanceof CelCostExceeded) {
      report(
        costLimit < callLimit
          ? `${shown}validation failed due to running out of cost budget, no further validation rules will be run`
          : `${shown}'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`,
      );
      return false;
    }
    const message = error instanceof Error ? error.message : String(error);
    report(
      message.startsWith("no such overload")
        ? `${shown}'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
        : `${shown}${message} evaluating rule: ${ruleText(rule)}`,
    );
    return true;
  }
  if (holds) return true;
  // What a tightened rule would refuse may stay as it was; rules about change are never relaxed.
  const unchanged = !usesOldSelf && old !== undefined && equalJson(value, old);
  (unchanged ? run.tolerated : run.errors).push(ruleError(rule, failureMessage(compiled, bindings, run), value, path));
  return true;
}

const noOldSelfProgram = compile("optional.none()", { variables: {} });
const noOldSelf = (): unknown => noOldSelfProgram.evaluate({}).value;

const ruleText = (rule: ValidationRule): string => (rule.message?.trim() ? rule.message.trim() : rule.rule.trim());

function failureMessage(compiled: CompiledRule, bindings: Record<string, unknown>, run: Run): string {
  const { rule, messageProgram } = compiled;
  if (messageProgram) {
    try {
      const { value, cost } = messageProgram.evaluate(bindings, { costLimit: Math.min(callLimit, run.left) });
      run.left -= cost;
      const text = typeof value === "string" ? value.trim() : "";
      if (text !== "" && text.length <= messageLengthMax && !/[\n\r]/.test(text)) return text;
    } catch {
      // the plain message stands in
    }
  }
  return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
}

function ruleError(rule: ValidationRule, message: string, value: unknown, path: string): FieldError {
  const field = (rule.fieldPath ? joinFields(path, formatPath(parseFieldPath(rule.fieldPath))) : path) || "<nil>";
  const shown = typeof value === "object" ? undefined : printValue(value);
  switch (rule.reason) {
    case "FieldValueRequired":
      return { type: "FieldValueRequired", field, detail: `Required value: ${message}` };
    case "FieldValueDuplicate":
      return { type: "FieldValueDuplicate", field, detail: `Duplicate value${shown === undefined ? "" : `: ${shown}`}` };
    case "FieldValueForbidden":
      return { type: "FieldValueForbidden", field, detail: `Forbidden: ${message}` };
    default:
      return { type: "FieldValueInvalid", field, detail: `Invalid value: ${shown === undefined ? "" : `${shown}: `}${message}` };
  }
}

/** `.a.b['c-d']` as segments; undefined members of the result mean that it cannot be read. */
export function parseFieldPath(text: string): string[] {
  const segments: string[] = [];
  const part = /\.([A-Za-z_][A-Za-z0-9_-]*)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (!match) return [];
    segments.push(match[1] ?? (match[2] ?? match[3] ?? "").replace(/\\(.)/g, "$1"));
  }
  return segments;
}
