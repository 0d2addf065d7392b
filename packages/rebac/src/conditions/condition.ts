import { CelCostExceeded, CelError, compile, formatType, type CelType, type CelValue, type Program } from "@meshplane/cel";
import { OpenFgaError, validationError } from "../errors.ts";
import type { Condition, ConditionParameter } from "../model/authorization-model.ts";
import type { Context } from "../open-fga.ts";
import { celTypeOf, conditionLibraries, convertParameter } from "./parameter-types.ts";

/** A condition of a model, ready to run. */
export class CompiledCondition {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, ConditionParameter>;
  readonly #program: Program;

  /** @throws OpenFgaError invalid_authorization_model */
  constructor(condition: Condition) {
    this.name = condition.name;
    this.parameters = new Map(Object.entries(condition.parameters ?? {}));
    try {
      const variables = Object.create(null) as Record<string, CelType>;
      for (const [name, parameter] of this.parameters) variables[name] = this.#typeOf(name, parameter);
      this.#program = compile(condition.expression ?? "", { variables, libraries: conditionLibraries, homogeneous: false });
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      throw uncompiled(condition.name, error.message.replaceAll("ERROR: <input>:", `ERROR: ${condition.name}:`));
    }
    const { type } = this.#program;
    if (type.kind !== "bool")
      throw uncompiled(condition.name, `expected a bool condition expression output, but got '${formatType(type)}'`);
  }

  /**
   * Whether the condition of a tuple holds. What the tuple stores wins over what the request says.
   * @param tuple `object#relation@user`, for the message
   * @throws OpenFgaError validation_error when a parameter is missing or does not fit, or the expression fails
   */
  holds(tuple: () => string, stored: Context | undefined, request: Context | undefined, costLimit: number): boolean {
    const bindings = Object.create(null) as Record<string, CelValue>;
    const missing: string[] = [];
    for (const [name, parameter] of this.parameters) {
      const from = stored && Object.hasOwn(stored, name) ? stored : request && Object.hasOwn(request, name) ? request : undefined;
      if (from === undefined) missing.push(name);
      else bindings[name] = this.#convert(name, parameter, from[name]);
    }
    if (missing.length > 0) throw failed(`'${this.name}' - tuple '${tuple()}' is missing context parameters '[${missing.join(" ")}]'`);
    try {
      return this.#program.evaluate(bindings, { costLimit }).value === true;
    } catch (error) {
      const reason = error instanceof CelCostExceeded ? "operation cancelled: actual cost limit exceeded" : (error as Error).message;
      throw failed(`'${this.name}' - failed to evaluate condition expression: ${reason}`);
    }
  }

  /** Of a stored tuple's context: types fit and every name is declared. @returns the reason otherwise */
  refuses(context: Context): string | undefined {
    for (const [name, value] of Object.entries(context)) {
      const parameter = this.parameters.get(name);
      if (parameter === undefined) return `found invalid context parameter: ${name}`;
      try {
        convertParameter(parameter, value);
      } catch (error) {
        return `${conversion(this.name, name)}${(error as Error).message}`;
      }
    }
    return undefined;
  }

  #typeOf(name: string, parameter: ConditionParameter): CelType {
    try {
      return celTypeOf(parameter);
    } catch (error) {
      throw uncompiled(this.name, `failed to decode parameter type for parameter '${name}': ${(error as Error).message}`);
    }
  }

  #convert(name: string, parameter: ConditionParameter, value: unknown): CelValue {
    try {
      return convertParameter(parameter, value);
    } catch (error) {
      throw failed(`${conversion(this.name, name)}${(error as Error).message}`);
    }
  }
}

const conversion = (condition: string, parameter: string): string =>
  `parameter type error on condition '${condition}' - failed to convert context parameter '${parameter}': `;

const failed = (reason: string): OpenFgaError => validationError(`failed to evaluate relationship condition: ${reason}`);

const uncompiled = (name: string, reason: string): OpenFgaError =>
  new OpenFgaError("invalid_authorization_model", `failed to compile expression on condition '${name}' - ${reason}`);
