import { OpenFgaError, type ErrorCode } from "../errors.ts";
import type { Plain } from "./json.ts";
import { enums, messages, type Field, type MessageName } from "./messages.ts";

/** @returns what is wrong */
type Rule = (value: unknown) => string | undefined;

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Empty passes when `optional`. The pattern is shown as Go prints it, with its backslashes doubled. */
function pattern(source: string, { optional = false } = {}): Rule {
  const expression = new RegExp(source, "u");
  const reason = `value does not match regex pattern ${JSON.stringify(source)}`;
  return (value = "") => (expression.test(value as string) || (optional && value === "") ? undefined : reason);
}

const id = "^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$";
const name50 = "^[^:#@\\s]{1,50}$";
const type254 = "^[^:#@\\s]{1,254}$";
const object256 = "^[^\\s]{2,256}$";
const user512 = "^[^\\s]{2,512}$";
const optional = { optional: true };

const required: Rule = (value) => (value === undefined ? "value is required" : undefined);
const bytesMax =
  (max: number): Rule =>
  (value = "") =>
    bytesOf(value as string) > max ? `value length must be at most ${max} bytes` : undefined;
const itemsMin =
  (min: number): Rule =>
  (value) =>
    ((value as unknown[] | undefined)?.length ?? 0) < min ? `value must contain at least ${min} item(s)` : undefined;
const itemsMax =
  (max: number): Rule =>
  (value) =>
    ((value as unknown[] | undefined)?.length ?? 0) > max ? `value must contain no more than ${max} item(s)` : undefined;
const pairsMax =
  (max: number): Rule =>
  (value) =>
    Object.keys((value ?? {}) as Plain).length > max ? `value must contain no more than ${max} pair(s)` : undefined;
const pageSize: Rule = (value) =>
  value !== undefined && ((value as number) < 1 || (value as number) > 100) ? "value must be inside range [1, 100]" : undefined;
const changesPageSize: Rule = (value) =>
  value !== undefined && (value as number) < 1 ? "value must be greater than or equal to 1" : undefined;
const defined =
  (type: string): Rule =>
  (value) =>
    typeof value === "number" && !Object.values(enums[type]!).includes(value) ? "value must be one of the defined enum values" : undefined;
const inPast: Rule = (value) =>
  value !== undefined && Date.parse(value as string) >= Date.now() ? "value must be less than now" : undefined;

const token = [bytesMax(5120), pattern("^$|^[A-Za-z0-9-_]+={0,2}$")];
const consistency = [defined("ConsistencyPreference")];
const storeId = [pattern(id)];
const modelId = [pattern(id, optional)];
const storeName = "^[a-zA-Z0-9\\s\\.\\-\\/^_&@]{3,64}$";
const listObjects = {
  store_id: storeId,
  authorization_model_id: modelId,
  type: [pattern(type254)],
  relation: [pattern(name50)],
  user: [
    ((value = "") =>
      bytesOf(value as string) < 1 || bytesOf(value as string) > 512
        ? "value length must be between 1 and 512 bytes, inclusive"
        : undefined) as Rule,
  ],
  consistency,
};
const tupleKey = { user: [bytesMax(512)], relation: [pattern(name50, optional)], object: [pattern(object256, optional)] };

/** Per message and field, in the order in which they are looked at. `keys` of a map have a rule of their own. */
const shapes: Readonly<Record<string, Readonly<Record<string, readonly Rule[]>>>> = {
  CreateStoreRequest: { name: [pattern(storeName)] },
  UpdateStoreRequest: { store_id: storeId, name: [pattern(storeName)] },
  ListStoresRequest: { page_size: [pageSize], continuation_token: token, name: [pattern(storeName, optional)] },
  GetStoreRequest: { store_id: storeId },
  DeleteStoreRequest: { store_id: storeId },
  WriteAuthorizationModelRequest: {
    store_id: storeId,
    type_definitions: [itemsMin(1)],
    schema_version: [(value = "") => (["1.0", "1.1", "1.2"].includes(value as string) ? undefined : "value must be in list [1.0 1.1 1.2]")],
    conditions: [pairsMax(25)],
  },
  ReadAuthorizationModelRequest: { store_id: storeId, id: storeId },
  ReadAuthorizationModelsRequest: { store_id: storeId, page_size: [pageSize], continuation_token: token },
  WriteRequest: { store_id: storeId, authorization_model_id: modelId },
  WriteRequestWrites: { tuple_keys: [itemsMin(1)] },
  WriteRequestDeletes: { tuple_keys: [itemsMin(1)] },
  ReadRequest: { store_id: storeId, page_size: [pageSize], continuation_token: token, consistency },
  ReadRequestTupleKey: {
    user: [bytesMax(512), pattern("^[^\\s]{1,511}:[^\\s]{1,511}$", optional)],
    relation: [pattern(name50, optional)],
    object: [pattern(object256, optional)],
  },
  ReadChangesRequest: {
    store_id: storeId,
    type: [pattern("^[^:#\\s]{1,254}$", optional)],
    page_size: [changesPageSize, pageSize],
    continuation_token: token,
    start_time: [inPast],
  },
  CheckRequest: { store_id: storeId, tuple_key: [required], authorization_model_id: modelId, consistency },
  CheckRequestTupleKey: { user: [pattern(user512)], relation: [pattern(name50)], object: [pattern(object256)] },
  BatchCheckRequest: { store_id: storeId, checks: [itemsMin(1)], authorization_model_id: modelId, consistency },
  BatchCheckItem: { tuple_key: [required], correlation_id: [pattern("^[\\w\\d-]{1,36}$")] },
  ExpandRequest: { store_id: storeId, tuple_key: [required], authorization_model_id: modelId, consistency },
  ExpandRequestTupleKey: { relation: [pattern(name50, optional)], object: [pattern(object256, optional)] },
  ListObjectsRequest: listObjects,
  StreamedListObjectsRequest: listObjects,
  ListUsersRequest: {
    store_id: storeId,
    authorization_model_id: modelId,
    object: [required],
    relation: [pattern(name50)],
    user_filters: [(value) => ((value as unknown[] | undefined)?.length === 1 ? undefined : "value must contain exactly 1 item(s)")],
    contextual_tuples: [itemsMax(100)],
    consistency,
  },
  UserTypeFilter: { type: [pattern(type254)], relation: [pattern(name50, optional)] },
  Object: { type: [pattern(type254)], id: [pattern("[^#:\\s]+$")] },
  WriteAssertionsRequest: { store_id: storeId, authorization_model_id: storeId, assertions: [itemsMax(100)] },
  ReadAssertionsRequest: { store_id: storeId, authorization_model_id: storeId },
  Assertion: { tuple_key: [required], contextual_tuples: [itemsMax(20)] },
  AssertionTupleKey: { object: [pattern(object256)], relation: [pattern(name50)], user: [pattern(user512)] },
  TupleKey: tupleKey,
  TupleKeyWithoutCondition: tupleKey,
  RelationshipCondition: { name: [pattern(object256)] },
  ContextualTupleKeys: { tuple_keys: [itemsMax(100)] },
  TypeDefinition: { type: [pattern(type254)] },
  Metadata: { module: [pattern(name50, optional)] },
  RelationMetadata: { module: [pattern(name50, optional)] },
  ConditionMetadata: { module: [pattern(name50, optional)] },
  SourceInfo: { file: [pattern("^[a-zA-Z0-9_\\-\\/]{1,100}\\.fga$", optional)] },
  RelationReference: { type: [pattern(type254)], relation: [pattern(name50, optional)], condition: [pattern(name50, optional)] },
  Difference: { base: [required], subtract: [required] },
  TupleToUserset: { tupleset: [required], computedUserset: [required] },
  ObjectRelation: { object: [bytesMax(256)], relation: [bytesMax(50)] },
  Condition: { name: [pattern(name50)], expression: [bytesMax(512)], parameters: [pairsMax(25)] },
  ConditionParamTypeRef: { type_name: [defined("ConditionParamTypeRef_TypeName")], generic_types: [itemsMax(5)] },
};

/** Rules for the keys of maps, by message and field. */
const mapKeys: Readonly<Record<string, Rule>> = {
  "TypeDefinition.relations": pattern(name50),
  "WriteAuthorizationModelRequest.conditions": pattern(name50),
  "Condition.parameters": pattern(name50),
};

interface Violation {
  message: string;
  field: string;
  reason: string;
}

const reported = 20;

/**
 * Patterns and sizes of a whole request.
 * @throws OpenFgaError: all violations in one message, the first decides the code
 */
export function requireShape(name: MessageName, message: Plain): void {
  const violations: Violation[] = [];
  visit(name, message, violations);
  if (violations.length === 0) return;
  const text = violations.map((violation) => `invalid ${violation.message}.${violation.field}: ${violation.reason}`).join("; ");
  throw new OpenFgaError(codeOf(violations[0]!), text, { shape: true });
}

function visit(name: string, message: Plain, violations: Violation[]): void {
  const shape = shapes[name];
  for (const [key, field, shown] of fieldsOf(name)) {
    if (violations.length >= reported) return;
    const value = message[key];
    for (const rule of shape?.[key] ?? []) {
      const reason = field.choice !== undefined && value === undefined ? undefined : rule(value);
      if (reason === undefined) continue;
      violations.push({ message: name, field: shown, reason });
      break;
    }
    if (value === undefined || !nested.has(field.type)) continue;
    if (field.rule === "list") for (const item of value as Plain[]) visit(field.type, item, violations);
    else if (field.rule === "map") {
      const keyRule = mapKeys[`${name}.${key}`];
      for (const [item, held] of Object.entries(value as Record<string, Plain>)) {
        const reason = keyRule?.(item);
        if (reason !== undefined) violations.push({ message: name, field: `${shown}[${item}]`, reason });
        visit(field.type, held, violations);
      }
    } else visit(field.type, value as Plain, violations);
  }
}

const nested = new Set(Object.keys(messages));
const fieldLists = new Map<string, [key: string, field: Field, shown: string][]>();

function fieldsOf(name: string): [string, Field, string][] {
  let fields = fieldLists.get(name);
  if (fields === undefined) {
    fields = Object.entries(messages[name]!).map(([key, field]) => [key, field, goName(field.alias ?? key)]);
    fieldLists.set(name, fields);
  }
  return fields;
}

const goName = (key: string): string => key.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

function codeOf({ field, reason }: Violation): ErrorCode {
  const isPattern = reason.startsWith("value does not match regex pattern");
  if (field === "Type" && isPattern) return "type_invalid_pattern";
  if (field.startsWith("Relations[") && isPattern) return "relations_invalid_pattern";
  if (field === "PageSize" && reason.startsWith("value must be inside range")) return "page_size_invalid";
  if (reason === "value is required") {
    if (field === "TupleKey") return "tuple_key_value_not_specified";
    if (field === "Base") return "difference_base_missing_value";
    if (field === "Subtract") return "subtract_base_missing_value";
  }
  if (field === "TypeDefinitions" && reason.startsWith("value must contain at least")) return "type_definitions_too_few_items";
  if (field === "Assertions" && reason.startsWith("value must contain no more than")) return "assertions_too_many_items";
  return "validation_error";
}
