import { createHash } from "node:crypto";
import {
  applyDefaults,
  validateEmbeddedResources,
  validateListTypes,
  type FieldError,
  type JsonObject,
  type JsonSchema,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import { compileRuleValidator, type ValidateRules } from "./cel-rules.ts";
import { toFieldErrors } from "./problem.ts";
import { compileValidator, type Validate } from "./validate-schema.ts";
import { canonicalJson } from "./values.ts";

/** Everything that a schema says about objects. Immutable and shared by all logical clusters with the same schema. */
export interface CompiledSchema {
  /** of the schema's content */
  readonly hash: string;
  readonly schema: JsonSchema;
  /** Fills in defaults and drops nulls that may not be, in place. */
  applyDefaults(object: KubeObject): void;
  /**
   * @param old what is replaced; undefined on create
   * @param warn hears of rules that an unchanged part breaks
   */
  validate(object: KubeObject, old?: KubeObject, warn?: Warn): FieldError[];
  /** The same for `status` alone, as a write through /status is checked. */
  validateStatus(object: KubeObject, old: KubeObject, warn?: Warn): FieldError[];
}

export type Warn = (text: string) => void;

const blockingTypes: readonly FieldError["type"][] = [
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
];

const notAllChecked: FieldError = {
  type: "FieldValueInvalid",
  field: "<nil>",
  detail:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

/** Compiled schemas by content hash; entries go when nobody holds them any more. */
const compiledByHash = new Map<string, WeakRef<CompiledSchema>>();
const collected = new FinalizationRegistry<string>((hash) => {
  if (compiledByHash.get(hash)?.deref() === undefined) compiledByHash.delete(hash);
});

export const hashOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 32);

/** Compiles a structural schema, or finds the one compiled before. The heavy parts wait for the first object. */
export function compileSchema(schema: JsonSchema, hash: string = hashOf(schema)): CompiledSchema {
  const known = compiledByHash.get(hash)?.deref();
  if (known) return known;
  const compiled = build(schema, hash);
  compiledByHash.set(hash, new WeakRef(compiled));
  collected.register(compiled, hash);
  return compiled;
}

interface Parts {
  validate: Validate;
  schema: JsonSchema;
  rules: ValidateRules | undefined;
}

const partsOf = (schema: JsonSchema, root: boolean): Parts => ({
  validate: compileValidator(schema),
  schema,
  rules: compileRuleValidator(schema, root),
});

function build(schema: JsonSchema, hash: string): CompiledSchema {
  // The server owns these three; what a schema says of them (only metadata.name may be said) is checked with the rest.
  let whole: Parts | undefined;
  let status: Parts | undefined;
  return {
    hash,
    schema,
    applyDefaults: (object) => applyDefaults(object as unknown as JsonObject, schema),
    validate(object, old, warn) {
      whole ??= partsOf(withoutHead(schema), true);
      const errors = run(whole, object, old, "", warn);
      errors.push(...validateEmbeddedResources(object as unknown as JsonObject, schema));
      return errors;
    },
    validateStatus(object, old, warn) {
      const inner = schema.properties?.["status"];
      if (!inner || object["status"] === undefined) return [];
      status ??= partsOf(inner, false);
      return run(status, object["status"], old["status"], "status", warn);
    },
  };
}

/** metadata is not validated by the schema but for what it says of the name; types of the three are known to be right. */
function withoutHead(schema: JsonSchema): JsonSchema {
  const { properties } = schema;
  if (!properties) return schema;
  const name = properties["metadata"]?.properties?.["name"];
  const generateName = properties["metadata"]?.properties?.["generateName"];
  if (!Object.hasOwn(properties, "metadata")) return schema;
  const metadata: JsonSchema = {
    type: "object",
    properties: { ...(name ? { name } : {}), ...(generateName ? { generateName } : {}) },
  };
  return { ...schema, properties: { ...properties, metadata } };
}

function run(parts: Parts, value: unknown, old: unknown, prefix: string, warn: Warn | undefined): FieldError[] {
  const errors = toFieldErrors(parts.validate(value, old) ?? [], prefix);
  const duplicates = validateListTypes(value as JsonValue, parts.schema, prefix);
  // what was wrong before is let through
  if (duplicates.length > 0 && (old === undefined || validateListTypes(old as JsonValue, parts.schema).length === 0)) {
    for (const duplicate of duplicates) errors.push(duplicate);
  }
  if (parts.rules) {
    if (errors.some((error) => blockingTypes.includes(error.type))) errors.push(notAllChecked);
    else {
      const { errors: broken, tolerated } = parts.rules(value, old, prefix);
      errors.push(...broken);
      for (const { field, detail } of tolerated) warn?.(`${field}: ${detail}`);
    }
  }
  return errors;
}
