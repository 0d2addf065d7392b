import {
  CelError,
  CelMap,
  compile,
  defaultLibraries,
  formatType,
  library,
  types,
  CelEvalError,
  type CelValue,
  type Program,
} from "@meshplane/cel";
import type { CheckExpression, ExpressionUse } from "../kinds/admissionregistration/rules.ts";
import { LruCache } from "../authentication/lru-cache.ts";
import { authorizerLibrary, authorizerType } from "./cel-authorizer.ts";

const { dyn } = types;

const patchLibrary = library({
  "jsonpatch.escapeKey(string): string": (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
});

const libraries = [...defaultLibraries, authorizerLibrary, patchLibrary];

/** @see k8s.io/apiserver apis/cel: PerCallLimit, RuntimeCELCostBudget */
export const callCostMax = 1_000_000;
export const requestCostMax = 10_000_000;

const programsMax = 4096;
const programs = new LruCache<string, Program>(programsMax);

/** @throws CelError */
export function programOf(expression: string, use: Pick<ExpressionUse, "hasParams" | "hasAuthorizer" | "returns">): Program {
  const id = `${use.hasParams ? "p" : ""}${use.hasAuthorizer ? "a" : ""} ${use.returns} ${expression}`;
  const known = programs.get(id);
  if (known) return known;
  const program = compile(expression, {
    libraries,
    variables: {
      object: dyn,
      oldObject: dyn,
      request: dyn,
      namespaceObject: dyn,
      variables: dyn,
      ...(use.hasParams ? { params: dyn } : {}),
      ...(use.hasAuthorizer ? { authorizer: authorizerType.authorizer, "authorizer.requestResource": authorizerType.resourceCheck } : {}),
    },
    structs: use.returns === "jsonPatch" ? ["JSONPatch", "Object"] : use.returns === "applyConfiguration" ? ["Object"] : [],
  });
  programs.set(id, program);
  return program;
}

const wantedTypes: Record<ExpressionUse["returns"], string[]> = {
  bool: ["bool"],
  string: ["string"],
  stringOrNull: ["string", "null_type"],
  applyConfiguration: ["Object", "dyn"],
  jsonPatch: [],
  any: [],
};

/** For the kinds of admissionregistration.k8s.io: what upstream would say of an expression. */
export const checkExpression: CheckExpression = (expression, use) => {
  let program: Program;
  try {
    program = programOf(expression, use);
  } catch (error) {
    if (error instanceof CelError) return `compilation failed: ${error.message}`;
    throw error;
  }
  const wanted = wantedTypes[use.returns];
  const found = formatType(program.type);
  if (wanted.length === 0 || wanted.includes(found)) return undefined;
  if (wanted.length === 1) return `must evaluate to ${wanted[0]} but got ${found}`;
  return `must evaluate to one of [${wanted.join(" ")}]`;
};

/** `variables.x`: each is computed when it is first used; a failing one fails whatever uses it. */
export class LazyVariables extends CelMap {
  readonly #expressions: ReadonlyMap<string, string>;
  readonly #evaluate: (expression: string) => CelValue;
  readonly #known = new Map<string, { value: CelValue } | { error: unknown }>();

  constructor(variables: readonly { name: string; expression: string }[], evaluate: (expression: string) => CelValue) {
    super();
    this.#expressions = new Map(variables.map(({ name, expression }) => [name, expression]));
    this.#evaluate = evaluate;
  }

  get size(): number {
    return this.#expressions.size;
  }

  keys(): Iterable<CelValue> {
    return this.#expressions.keys();
  }

  get(key: CelValue): CelValue | undefined {
    const name = String(key);
    const expression = this.#expressions.get(name);
    if (expression === undefined) return undefined;
    let known = this.#known.get(name);
    if (!known) {
      // What refers to itself has no value; those after it see this too.
      this.#known.set(name, { error: new CelEvalError(`variable ${name} refers to itself`) });
      try {
        known = { value: this.#evaluate(expression) };
      } catch (error) {
        known = { error };
      }
      if ("error" in known && !(known.error instanceof CelEvalError)) {
        this.#known.delete(name);
        throw known.error;
      }
      this.#known.set(name, known);
    }
    if ("error" in known) {
      const cause = known.error as Error;
      throw new CelEvalError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${cause.message}`);
    }
    return known.value;
  }
}
