import { errorCodes } from "../errors.ts";

/** A field of a message: its number, what it holds, and how it is spelled in JSON besides its key here. */
export interface Field {
  id: number;
  type: string;
  rule: "one" | "list" | "map";
  /** of its one-of: at most one of them is set, and shown only when set */
  choice: string | undefined;
  /** also accepted in JSON */
  alias: string | undefined;
}

export type Message = Readonly<Record<string, Field>>;

const one = (id: number, type: string, alias?: string): Field => ({ id, type, rule: "one", choice: undefined, alias });
const list = (id: number, type: string): Field => ({ id, type, rule: "list", choice: undefined, alias: undefined });
const map = (id: number, type: string): Field => ({ id, type, rule: "map", choice: undefined, alias: undefined });
const choice = (id: number, type: string, of: string, alias?: string): Field => ({ id, type, rule: "one", choice: of, alias });

/**
 * OpenFGA's interface as names and numbers: what goes over HTTP as JSON and over gRPC as protobuf. Keys are the names in JSON.
 * @see https://buf.build/openfga/api
 */
const table = {
  CreateStoreRequest: {
    name: one(1, "string"),
  },
  CreateStoreResponse: {
    id: one(1, "string"),
    name: one(2, "string"),
    created_at: one(3, "Timestamp"),
    updated_at: one(4, "Timestamp"),
  },
  GetStoreRequest: {
    store_id: one(1, "string"),
  },
  GetStoreResponse: {
    id: one(1, "string"),
    name: one(2, "string"),
    created_at: one(3, "Timestamp"),
    updated_at: one(4, "Timestamp"),
    deleted_at: one(5, "Timestamp"),
  },
  UpdateStoreRequest: {
    store_id: one(1, "string"),
    name: one(2, "string"),
  },
  UpdateStoreResponse: {
    id: one(1, "string"),
    name: one(2, "string"),
    created_at: one(3, "Timestamp"),
    updated_at: one(4, "Timestamp"),
  },
  DeleteStoreRequest: {
    store_id: one(1, "string"),
  },
  DeleteStoreResponse: {},
  ListStoresRequest: {
    page_size: one(1, "Int32Value"),
    continuation_token: one(2, "string"),
    name: one(3, "string"),
  },
  ListStoresResponse: {
    stores: list(1, "Store"),
    continuation_token: one(2, "string"),
  },
  WriteAuthorizationModelRequest: {
    store_id: one(1, "string"),
    type_definitions: list(2, "TypeDefinition"),
    schema_version: one(3, "string"),
    conditions: map(4, "Condition"),
  },
  WriteAuthorizationModelResponse: {
    authorization_model_id: one(1, "string"),
  },
  ReadAuthorizationModelRequest: {
    store_id: one(1, "string"),
    id: one(2, "string"),
  },
  ReadAuthorizationModelResponse: {
    authorization_model: one(1, "AuthorizationModel"),
  },
  ReadAuthorizationModelsRequest: {
    store_id: one(1, "string"),
    page_size: one(2, "Int32Value"),
    continuation_token: one(3, "string"),
  },
  ReadAuthorizationModelsResponse: {
    authorization_models: list(1, "AuthorizationModel"),
    continuation_token: one(2, "string"),
  },
  WriteRequest: {
    store_id: one(1, "string"),
    writes: one(2, "WriteRequestWrites"),
    deletes: one(3, "WriteRequestDeletes"),
    authorization_model_id: one(4, "string"),
  },
  WriteResponse: {},
  ReadRequest: {
    store_id: one(1, "string"),
    tuple_key: one(2, "ReadRequestTupleKey"),
    page_size: one(3, "Int32Value"),
    continuation_token: one(4, "string"),
    consistency: one(5, "ConsistencyPreference"),
  },
  ReadResponse: {
    tuples: list(1, "Tuple"),
    continuation_token: one(2, "string"),
  },
  ReadChangesRequest: {
    store_id: one(1, "string"),
    type: one(2, "string"),
    page_size: one(3, "Int32Value"),
    continuation_token: one(4, "string"),
    start_time: one(5, "Timestamp"),
  },
  ReadChangesResponse: {
    changes: list(1, "TupleChange"),
    continuation_token: one(2, "string"),
  },
  CheckRequest: {
    store_id: one(1, "string"),
    tuple_key: one(2, "CheckRequestTupleKey"),
    contextual_tuples: one(3, "ContextualTupleKeys"),
    authorization_model_id: one(4, "string"),
    trace: one(5, "bool"),
    context: one(6, "Struct"),
    consistency: one(7, "ConsistencyPreference"),
  },
  CheckResponse: {
    allowed: one(1, "bool"),
    resolution: one(2, "string"),
  },
  BatchCheckRequest: {
    store_id: one(1, "string"),
    checks: list(2, "BatchCheckItem"),
    authorization_model_id: one(3, "string"),
    consistency: one(4, "ConsistencyPreference"),
  },
  BatchCheckResponse: {
    result: map(1, "BatchCheckSingleResult"),
  },
  ExpandRequest: {
    store_id: one(1, "string"),
    tuple_key: one(2, "ExpandRequestTupleKey"),
    authorization_model_id: one(3, "string"),
    consistency: one(4, "ConsistencyPreference"),
    contextual_tuples: one(5, "ContextualTupleKeys"),
  },
  ExpandResponse: {
    tree: one(1, "UsersetTree"),
  },
  ListObjectsRequest: {
    store_id: one(1, "string"),
    authorization_model_id: one(2, "string"),
    type: one(3, "string"),
    relation: one(4, "string"),
    user: one(5, "string"),
    contextual_tuples: one(6, "ContextualTupleKeys"),
    context: one(7, "Struct"),
    consistency: one(8, "ConsistencyPreference"),
  },
  ListObjectsResponse: {
    objects: list(1, "string"),
  },
  StreamedListObjectsRequest: {
    store_id: one(1, "string"),
    authorization_model_id: one(2, "string"),
    type: one(3, "string"),
    relation: one(4, "string"),
    user: one(5, "string"),
    contextual_tuples: one(6, "ContextualTupleKeys"),
    context: one(7, "Struct"),
    consistency: one(8, "ConsistencyPreference"),
  },
  StreamedListObjectsResponse: {
    object: one(1, "string"),
  },
  ListUsersRequest: {
    store_id: one(1, "string"),
    authorization_model_id: one(2, "string"),
    object: one(3, "Object"),
    relation: one(4, "string"),
    user_filters: list(5, "UserTypeFilter"),
    contextual_tuples: list(6, "TupleKey"),
    context: one(7, "Struct"),
    consistency: one(8, "ConsistencyPreference"),
  },
  ListUsersResponse: {
    users: list(1, "User"),
  },
  WriteAssertionsRequest: {
    store_id: one(1, "string"),
    authorization_model_id: one(2, "string"),
    assertions: list(3, "Assertion"),
  },
  WriteAssertionsResponse: {},
  ReadAssertionsRequest: {
    store_id: one(1, "string"),
    authorization_model_id: one(2, "string"),
  },
  ReadAssertionsResponse: {
    authorization_model_id: one(1, "string"),
    assertions: list(2, "Assertion"),
  },
  Assertions: {
    assertions: list(1, "Assertion"),
  },
  AuthorizationModel: {
    id: one(1, "string"),
    schema_version: one(2, "string"),
    type_definitions: list(3, "TypeDefinition"),
    conditions: map(4, "Condition"),
  },
  Store: {
    id: one(1, "string"),
    name: one(2, "string"),
    created_at: one(3, "Timestamp"),
    updated_at: one(4, "Timestamp"),
    deleted_at: one(5, "Timestamp"),
  },
  TypeDefinition: {
    type: one(1, "string"),
    relations: map(2, "Userset"),
    metadata: one(3, "Metadata"),
  },
  Condition: {
    name: one(1, "string"),
    expression: one(2, "string"),
    parameters: map(3, "ConditionParamTypeRef"),
    metadata: one(4, "ConditionMetadata"),
  },
  WriteRequestWrites: {
    tuple_keys: list(1, "TupleKey"),
    on_duplicate: one(2, "string"),
  },
  WriteRequestDeletes: {
    tuple_keys: list(1, "TupleKeyWithoutCondition"),
    on_missing: one(2, "string"),
  },
  ReadRequestTupleKey: {
    user: one(1, "string"),
    relation: one(2, "string"),
    object: one(3, "string"),
  },
  Tuple: {
    key: one(1, "TupleKey"),
    timestamp: one(2, "Timestamp"),
  },
  TupleChange: {
    tuple_key: one(1, "TupleKey"),
    operation: one(2, "TupleOperation"),
    timestamp: one(3, "Timestamp"),
  },
  CheckRequestTupleKey: {
    user: one(1, "string"),
    relation: one(2, "string"),
    object: one(3, "string"),
  },
  ContextualTupleKeys: {
    tuple_keys: list(1, "TupleKey"),
  },
  BatchCheckItem: {
    tuple_key: one(1, "CheckRequestTupleKey"),
    contextual_tuples: one(2, "ContextualTupleKeys"),
    context: one(3, "Struct"),
    correlation_id: one(4, "string"),
  },
  BatchCheckSingleResult: {
    allowed: choice(1, "bool", "check_result"),
    error: choice(2, "CheckError", "check_result"),
  },
  ExpandRequestTupleKey: {
    relation: one(1, "string"),
    object: one(2, "string"),
  },
  UsersetTree: {
    root: one(1, "UsersetTree_Node"),
  },
  Object: {
    type: one(1, "string"),
    id: one(2, "string"),
  },
  UserTypeFilter: {
    type: one(1, "string"),
    relation: one(2, "string"),
  },
  TupleKey: {
    user: one(1, "string"),
    relation: one(2, "string"),
    object: one(3, "string"),
    condition: one(4, "RelationshipCondition"),
  },
  User: {
    object: choice(1, "Object", "user"),
    userset: choice(2, "UsersetUser", "user"),
    wildcard: choice(3, "TypedWildcard", "user"),
  },
  Assertion: {
    tuple_key: one(1, "AssertionTupleKey"),
    expectation: one(2, "bool"),
    contextual_tuples: list(3, "TupleKey"),
    context: one(4, "Struct"),
  },
  Userset: {
    this: choice(1, "Empty", "userset"),
    computedUserset: choice(2, "ObjectRelation", "userset", "computed_userset"),
    tupleToUserset: choice(3, "TupleToUserset", "userset", "tuple_to_userset"),
    union: choice(4, "Usersets", "userset"),
    intersection: choice(5, "Usersets", "userset"),
    difference: choice(6, "Difference", "userset"),
  },
  Metadata: {
    relations: map(1, "RelationMetadata"),
    module: one(2, "string"),
    source_info: one(3, "SourceInfo"),
  },
  ConditionParamTypeRef: {
    type_name: one(1, "ConditionParamTypeRef_TypeName"),
    generic_types: list(2, "ConditionParamTypeRef"),
  },
  ConditionMetadata: {
    module: one(1, "string"),
    source_info: one(2, "SourceInfo"),
  },
  TupleKeyWithoutCondition: {
    user: one(1, "string"),
    relation: one(2, "string"),
    object: one(3, "string"),
  },
  CheckError: {
    input_error: choice(1, "ErrorCode", "code"),
    internal_error: choice(2, "InternalErrorCode", "code"),
    message: one(3, "string"),
  },
  UsersetTree_Node: {
    name: one(1, "string"),
    leaf: choice(2, "UsersetTree_Leaf", "value"),
    difference: choice(5, "UsersetTree_Difference", "value"),
    union: choice(6, "UsersetTree_Nodes", "value"),
    intersection: choice(7, "UsersetTree_Nodes", "value"),
  },
  RelationshipCondition: {
    name: one(1, "string"),
    context: one(2, "Struct"),
  },
  UsersetUser: {
    type: one(1, "string"),
    id: one(2, "string"),
    relation: one(3, "string"),
  },
  TypedWildcard: {
    type: one(1, "string"),
  },
  AssertionTupleKey: {
    object: one(1, "string"),
    relation: one(2, "string"),
    user: one(3, "string"),
  },
  ObjectRelation: {
    object: one(1, "string"),
    relation: one(2, "string"),
  },
  TupleToUserset: {
    tupleset: one(1, "ObjectRelation"),
    computedUserset: one(2, "ObjectRelation", "computed_userset"),
  },
  Usersets: {
    child: list(1, "Userset"),
  },
  Difference: {
    base: one(1, "Userset"),
    subtract: one(2, "Userset"),
  },
  RelationMetadata: {
    directly_related_user_types: list(1, "RelationReference"),
    module: one(2, "string"),
    source_info: one(3, "SourceInfo"),
  },
  SourceInfo: {
    file: one(1, "string"),
  },
  UsersetTree_Leaf: {
    users: choice(1, "UsersetTree_Users", "value"),
    computed: choice(2, "UsersetTree_Computed", "value"),
    tupleToUserset: choice(3, "UsersetTree_TupleToUserset", "value", "tuple_to_userset"),
  },
  UsersetTree_Difference: {
    base: one(1, "UsersetTree_Node"),
    subtract: one(2, "UsersetTree_Node"),
  },
  UsersetTree_Nodes: {
    nodes: list(1, "UsersetTree_Node"),
  },
  RelationReference: {
    type: one(1, "string"),
    relation: choice(2, "string", "relation_or_wildcard"),
    wildcard: choice(3, "Empty", "relation_or_wildcard"),
    condition: one(4, "string"),
  },
  UsersetTree_Users: {
    users: list(1, "string"),
  },
  UsersetTree_Computed: {
    userset: one(1, "string"),
  },
  UsersetTree_TupleToUserset: {
    tupleset: one(1, "string"),
    computed: list(2, "UsersetTree_Computed"),
  },
} satisfies Record<string, Message>;

export const messages: Readonly<Record<string, Message>> = table;
export type MessageName = keyof typeof table;

const inRange = (from: number, to: number): Record<string, number> =>
  Object.fromEntries(Object.entries(errorCodes).filter(([, code]) => code >= from && code < to));

/** Names of numbers. A name that is not here counts as unset. */
export const enums: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ConsistencyPreference: { UNSPECIFIED: 0, MINIMIZE_LATENCY: 100, HIGHER_CONSISTENCY: 200 },
  TupleOperation: { TUPLE_OPERATION_WRITE: 0, TUPLE_OPERATION_DELETE: 1 },
  ConditionParamTypeRef_TypeName: Object.fromEntries(
    ["UNSPECIFIED", "ANY", "BOOL", "STRING", "INT", "UINT", "DOUBLE", "DURATION", "TIMESTAMP", "MAP", "LIST", "IPADDRESS"].map(
      (name, i) => [`TYPE_NAME_${name}`, i],
    ),
  ),
  ErrorCode: { no_error: 0, ...inRange(1000, 3500) },
  InternalErrorCode: { no_internal_error: 0, ...inRange(4000, 5000) },
};
