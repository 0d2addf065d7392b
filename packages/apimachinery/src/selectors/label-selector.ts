import { fieldInvalid, formatFieldErrors, type FieldError } from "../status/field-error.ts";
import { isLabelValue, isQualifiedName } from "../validation/names.ts";

export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

/** Selects objects by their labels. Immutable. */
export interface LabelSelector {
  /** True when it selects everything. */
  readonly empty: boolean;
  readonly requirements: readonly LabelRequirement[];
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** The text that `parseLabelSelector` reads. */
  toString(): string;
  /** What both select. */
  and(other: LabelSelector): LabelSelector;
}

/** meta/v1 LabelSelector, as it stands in objects. */
export interface LabelSelectorSpec {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

class Requirements implements LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  constructor(requirements: readonly LabelRequirement[]) {
    this.requirements = requirements;
  }
  get empty(): boolean {
    return this.requirements.length === 0;
  }
  matches(labels: Readonly<Record<string, string>> | undefined): boolean {
    for (const requirement of this.requirements) if (!meets(requirement, labels)) return false;
    return true;
  }
  toString(): string {
    return this.requirements.map(printRequirement).join(",");
  }
  and(other: LabelSelector): LabelSelector {
    if (other === nothing || this.empty) return other;
    return other.empty ? this : new Requirements(sortByKey([...this.requirements, ...other.requirements]));
  }
}

/** Selects every object. */
export const everything: LabelSelector = new Requirements([]);

/** Selects no object; the selector that is absent where absence means so. */
export const nothing: LabelSelector = {
  empty: false,
  requirements: [],
  matches: () => false,
  toString: () => "",
  and: () => nothing,
};

function meets({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>> | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "=":
    case "==":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case "gt":
    case "lt": {
      const have = value === undefined ? undefined : parseInt64(value);
      const limit = parseInt64(values[0]!);
      if (have === undefined || limit === undefined) return false;
      return operator === "gt" ? have > limit : have < limit;
    }
  }
}

function printRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Go's ParseInt of a decimal 64-bit integer. */
function parseInt64(text: string): bigint | undefined {
  if (text.length > 40 || !/^[-+]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return value >= -(1n << 63n) && value < 1n << 63n ? value : undefined;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sortByKey = (requirements: LabelRequirement[]): LabelRequirement[] => requirements.sort((a, b) => byText(a.key, b.key));

function requirement(key: string, operator: LabelOperator, given: readonly string[]): LabelRequirement {
  const values = given.length > 1 ? [...new Set(given)].sort(byText) : given;
  const errors: FieldError[] = [];
  const keyErrors = isQualifiedName(key);
  if (keyErrors.length > 0) errors.push(fieldInvalid("key", key, keyErrors.join("; ")));
  if ((operator === "in" || operator === "notin") && values.length === 0) {
    errors.push(fieldInvalid("values", values, "for 'in', 'notin' operators, values set can't be empty"));
  }
  if ((operator === "exists" || operator === "!") && values.length > 0) {
    errors.push(fieldInvalid("values", values, "values set must be empty for exists and does not exist"));
  }
  if (operator === "gt" || operator === "lt") {
    values.forEach((value, i) => {
      if (parseInt64(value) === undefined) {
        errors.push(fieldInvalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
    });
  }
  values.forEach((value, i) => {
    const valueErrors = isLabelValue(value);
    if (valueErrors.length > 0) errors.push(fieldInvalid(`values[${i}][${key}]`, value, valueErrors.join("; ")));
  });
  if (errors.length > 0) throw new Error(formatFieldErrors(errors));
  return { key, operator, values };
}

type Token = {
  kind: "identifier" | "end" | "error" | "," | "!" | "(" | ")" | LabelOperator;
  text: string;
};

const symbols: Record<string, Token["kind"]> = {
  ",": ",",
  "!": "!",
  "(": "(",
  ")": ")",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};
/** By character code: 1 for blanks, 2 for what stands for itself. */
const endsWord = new Uint8Array(128);
for (const c of " \t\r\n") endsWord[c.charCodeAt(0)] = 1;
for (const c of "=!(),><") endsWord[c.charCodeAt(0)] = 2;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const start = i;
    const end = endsWord[text.charCodeAt(i)];
    if (end === 1) i++;
    else if (end === 2) {
      const two = text.slice(i, i + 2);
      const symbol = Object.hasOwn(symbols, two) ? two : text[i]!;
      i += symbol.length;
      tokens.push({ kind: symbols[symbol]!, text: symbol });
    } else {
      while (i < text.length && !endsWord[text.charCodeAt(i)]) i++;
      const word = text.slice(start, i);
      tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
    }
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

/**
 * Reads `a=b,c in (d,e),!f`. Blank text selects everything.
 * @throws Error with upstream's text, to be answered as 400. @see spec wire §7
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === "") return everything;
  const tokens = tokenize(text);
  let at = 0;
  /** Where a value is expected, `in` and `notin` are words like others. */
  const isWord = (token: Token): boolean => token.kind === "identifier" || token.kind === "in" || token.kind === "notin";
  const peek = (): Token => tokens[at]!;
  const next = (): Token => tokens[Math.min(at++, tokens.length - 1)]!;
  const found = (token: Token, expected: string): Error => new Error(`found '${token.text}', expected: ${expected}`);

  const readValueSet = (): string[] => {
    const open = next();
    if (open.kind !== "(") throw new Error(`found '${open.text}' expected: '('`);
    const first = peek();
    if (first.kind === ")") {
      next();
      return [""];
    }
    if (!isWord(first) && first.kind !== ",") throw found(first, "',', ')' or identifier");
    const values: string[] = [];
    for (;;) {
      const token = next();
      if (isWord(token)) {
        values.push(token.text);
        if (peek().kind === ",") continue;
        if (peek().kind !== ")") throw found(peek(), "',' or ')'");
        break;
      }
      if (token.kind !== ",") throw found(token, "',', or identifier");
      if (values.length === 0 || peek().kind === ",") values.push("");
      if (peek().kind === ")") {
        values.push("");
        break;
      }
    }
    next(); // the closing parenthesis
    return values;
  };

  const readRequirement = (): LabelRequirement => {
    let token = next();
    const negated = token.kind === "!";
    if (negated) token = next();
    if (!isWord(token)) throw found(token, "identifier");
    const key = token.text;
    const keyErrors = isQualifiedName(key);
    if (keyErrors.length > 0) throw new Error(formatFieldErrors([fieldInvalid("", key, keyErrors.join("; "))]));
    if (negated) return requirement(key, "!", []);
    if (peek().kind === "end" || peek().kind === ",") return requirement(key, "exists", []);
    const operator = next();
    switch (operator.kind) {
      case "in":
      case "notin":
        return requirement(key, operator.kind, readValueSet());
      case "=":
      case "==":
      case "!=":
      case "gt":
      case "lt": {
        if (peek().kind === "end" || peek().kind === ",") return requirement(key, operator.kind, [""]);
        const value = next();
        if (!isWord(value)) throw found(value, "identifier");
        return requirement(key, operator.kind, [value.text]);
      }
      default:
        throw found(operator, "in, notin, =, ==, !=, gt, lt");
    }
  };

  const requirements: LabelRequirement[] = [];
  while (peek().kind !== "end") {
    const start = peek();
    if (!isWord(start) && start.kind !== "!") throw found(start, "!, identifier, or 'end of string'");
    try {
      requirements.push(readRequirement());
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`);
    }
    const separator = next();
    if (separator.kind === "end") break;
    if (separator.kind !== ",") throw found(separator, "',' or 'end of string'");
    if (!isWord(peek()) && peek().kind !== "!") throw found(peek(), "identifier after ','");
  }
  return requirements.length === 0 ? everything : new Requirements(sortByKey(requirements));
}

const expressionOperators: Record<string, LabelOperator> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * The selector that stands in an object. An empty one selects everything; for an absent one the caller decides (usually `nothing`).
 * @throws Error with upstream's text
 */
export function labelSelectorFrom(spec: LabelSelectorSpec): LabelSelector {
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(spec.matchLabels ?? {})) requirements.push(requirement(key, "=", [value]));
  for (const { key, operator, values } of spec.matchExpressions ?? []) {
    if (!Object.hasOwn(expressionOperators, operator)) {
      throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
    }
    requirements.push(requirement(key, expressionOperators[operator]!, values ?? []));
  }
  return requirements.length === 0 ? everything : new Requirements(sortByKey(requirements));
}
