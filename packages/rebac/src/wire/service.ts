import type { AuthorizationModel } from "../model/authorization-model.ts";
import type {
  Assertion,
  BatchCheckRequest,
  Context,
  OpenFga,
  ReadRequest,
  Store,
  Tuple,
  TupleChange,
  TupleKey,
  WriteRequest,
  ListUsersRequest,
} from "../open-fga.ts";
import type { Plain } from "./json.ts";
import { errorCodes, OpenFgaError } from "../errors.ts";
import type { MessageName } from "./messages.ts";

/** A method of the service: its messages, and how the engine answers one with the other. Shapes have been checked. */
export interface ServiceMethod {
  name: string;
  request: MessageName;
  response: MessageName;
  /** status over HTTP when it succeeds */
  status: number;
  call: (fga: OpenFga, request: Plain) => Answered | Promise<Answered>;
}

export interface Answered {
  message: Plain;
  /** the model that was used, for the header */
  modelId?: string;
}

const text = (request: Plain, key: string): string => (request[key] as string | undefined) ?? "";
const tuplesOf = (held: unknown): TupleKey[] | undefined => (held as { tuple_keys?: TupleKey[] } | undefined)?.tuple_keys;

const paging = (request: Plain): { pageSize?: number; continuationToken?: string } => ({
  pageSize: request.page_size as number | undefined,
  continuationToken: request.continuation_token as string | undefined,
});

const storeMessage = ({ id, name, createdAt, updatedAt }: Store): Plain => ({ id, name, created_at: createdAt, updated_at: updatedAt });
const tupleMessage = ({ key, timestamp }: Tuple): Plain => ({ key, timestamp });
const changeMessage = ({ tupleKey, operation, timestamp }: TupleChange): Plain => ({ tuple_key: tupleKey, operation, timestamp });

/** A tuple key of the wire has its strings, given or not. */
function tupleKey(held: TupleKey): TupleKey {
  const key: TupleKey = { user: held.user ?? "", relation: held.relation ?? "", object: held.object ?? "" };
  if (held.condition?.name) key.condition = held.condition;
  return key;
}

const tupleKeys = (held: readonly TupleKey[] | undefined): TupleKey[] | undefined => held?.map(tupleKey);

const question = (item: Plain): { user: string; relation: string; object: string; contextualTuples?: TupleKey[]; context?: Context } => {
  const { user = "", relation = "", object = "" } = item.tuple_key as Partial<TupleKey>;
  return {
    user,
    relation,
    object,
    contextualTuples: tupleKeys(tuplesOf(item.contextual_tuples)),
    context: item.context as Context | undefined,
  };
};

const inStore = (request: Plain): { storeId: string; authorizationModelId?: string } => ({
  storeId: request.store_id as string,
  authorizationModelId: request.authorization_model_id as string | undefined,
});

export function errorMessage(error: OpenFgaError): Plain {
  const number = errorCodes[error.code];
  return number >= 4000 && number < 5000
    ? { internal_error: error.code, message: error.message }
    : { input_error: error.code, message: error.message };
}

const method = (name: string, call: ServiceMethod["call"], status = 200): ServiceMethod => ({
  name,
  request: `${name}Request` as MessageName,
  response: `${name}Response` as MessageName,
  status,
  call,
});

export const service = {
  createStore: method(
    "CreateStore",
    async (fga, request) => ({ message: storeMessage(await fga.createStore({ name: text(request, "name") })) }),
    201,
  ),
  listStores: method("ListStores", async (fga, request) => {
    const { stores, continuationToken } = await fga.listStores({ ...paging(request), name: request.name as string | undefined });
    return { message: { stores: stores.map(storeMessage), continuation_token: continuationToken } };
  }),
  getStore: method("GetStore", async (fga, request) => ({ message: storeMessage(await fga.getStore(inStore(request))) })),
  /** not offered, as in upstream's server */
  updateStore: method("UpdateStore", () => {
    throw new OpenFgaError("unimplemented", "method UpdateStore not implemented");
  }),
  deleteStore: method(
    "DeleteStore",
    async (fga, request) => {
      await fga.deleteStore(inStore(request));
      return { message: {} };
    },
    204,
  ),
  writeAuthorizationModel: method(
    "WriteAuthorizationModel",
    async (fga, request) => {
      const model = {
        schema_version: text(request, "schema_version"),
        type_definitions: (request.type_definitions ?? []) as AuthorizationModel["type_definitions"],
        conditions: (request.conditions ?? {}) as AuthorizationModel["conditions"],
      };
      const { authorizationModelId } = await fga.writeAuthorizationModel({ storeId: request.store_id as string, model });
      return { message: { authorization_model_id: authorizationModelId } };
    },
    201,
  ),
  readAuthorizationModel: method("ReadAuthorizationModel", async (fga, request) => ({
    message: { authorization_model: await fga.readAuthorizationModel({ storeId: request.store_id as string, id: request.id as string }) },
  })),
  readAuthorizationModels: method("ReadAuthorizationModels", async (fga, request) => {
    const { authorizationModels, continuationToken } = await fga.readAuthorizationModels({ ...inStore(request), ...paging(request) });
    return { message: { authorization_models: authorizationModels, continuation_token: continuationToken } };
  }),
  write: method("Write", async (fga, request) => {
    const writes = request.writes as { on_duplicate?: string } | undefined;
    const deletes = request.deletes as { on_missing?: string } | undefined;
    const { authorizationModelId } = await fga.write({
      ...inStore(request),
      writes: tupleKeys(tuplesOf(writes)),
      deletes: tupleKeys(tuplesOf(deletes)),
      onDuplicate: (writes?.on_duplicate || undefined) as WriteRequest["onDuplicate"],
      onMissing: (deletes?.on_missing || undefined) as WriteRequest["onMissing"],
    });
    return { message: {}, modelId: authorizationModelId };
  }),
  read: method("Read", async (fga, request) => {
    const { tuples, continuationToken } = await fga.read({
      ...inStore(request),
      ...paging(request),
      tupleKey: request.tuple_key as ReadRequest["tupleKey"],
    });
    return { message: { tuples: tuples.map(tupleMessage), continuation_token: continuationToken } };
  }),
  readChanges: method("ReadChanges", async (fga, request) => {
    const { changes, continuationToken } = await fga.readChanges({
      ...inStore(request),
      ...paging(request),
      type: text(request, "type"),
      startTime: request.start_time as string | undefined,
    });
    return { message: { changes: changes.map(changeMessage), continuation_token: continuationToken } };
  }),
  check: method("Check", (fga, request) => {
    const answer = fga.check({ ...inStore(request), ...question(request) });
    const answered = ({ allowed, authorizationModelId }: { allowed: boolean; authorizationModelId: string }): Answered => ({
      message: { allowed },
      modelId: authorizationModelId,
    });
    return answer instanceof Promise ? answer.then(answered) : answered(answer);
  }),
  batchCheck: method("BatchCheck", async (fga, request) => {
    const checks = ((request.checks ?? []) as Plain[]).map((item) => ({ ...question(item), correlationId: text(item, "correlation_id") }));
    const { result, authorizationModelId } = await fga.batchCheck({ ...inStore(request), checks } as BatchCheckRequest);
    const entries = [...result].map(([id, answer]) => [id, "error" in answer ? { error: errorMessage(answer.error) } : answer] as const);
    return { message: { result: Object.fromEntries(entries) }, modelId: authorizationModelId };
  }),
  expand: method("Expand", async (fga, request) => {
    const { relation = "", object = "" } = request.tuple_key as { relation?: string; object?: string };
    const { tree, authorizationModelId } = await fga.expand({
      ...inStore(request),
      relation,
      object,
      contextualTuples: tupleKeys(tuplesOf(request.contextual_tuples)),
    });
    return { message: { tree }, modelId: authorizationModelId };
  }),
  listObjects: method("ListObjects", async (fga, request) => {
    const { objects, authorizationModelId } = await fga.listObjects(listObjectsRequest(request));
    return { message: { objects }, modelId: authorizationModelId };
  }),
  listUsers: method("ListUsers", async (fga, request) => {
    const { users, authorizationModelId } = await fga.listUsers({
      ...inStore(request),
      object: request.object as { type: string; id: string },
      relation: text(request, "relation"),
      userFilters: request.user_filters as ListUsersRequest["userFilters"],
      contextualTuples: tupleKeys(request.contextual_tuples as TupleKey[] | undefined),
      context: request.context as Context | undefined,
    });
    return { message: { users }, modelId: authorizationModelId };
  }),
  writeAssertions: method(
    "WriteAssertions",
    async (fga, request) => {
      const assertions = ((request.assertions ?? []) as Plain[]).map((item): Assertion => ({
        tupleKey: tupleKey(item.tuple_key as TupleKey),
        expectation: item.expectation === true,
        contextualTuples: tupleKeys(item.contextual_tuples as TupleKey[] | undefined) ?? [],
        ...(item.context === undefined ? {} : { context: item.context as Context }),
      }));
      await fga.writeAssertions({
        storeId: request.store_id as string,
        authorizationModelId: request.authorization_model_id as string,
        assertions,
      });
      return { message: {}, modelId: request.authorization_model_id as string };
    },
    204,
  ),
  readAssertions: method("ReadAssertions", async (fga, request) => {
    const { authorizationModelId, assertions } = await fga.readAssertions({
      storeId: request.store_id as string,
      authorizationModelId: request.authorization_model_id as string,
    });
    const held = assertions.map(({ tupleKey: key, expectation, contextualTuples, context }) => ({
      tuple_key: key,
      expectation,
      contextual_tuples: contextualTuples ?? [],
      context,
    }));
    return { message: { authorization_model_id: authorizationModelId, assertions: held }, modelId: authorizationModelId };
  }),
} satisfies Record<string, ServiceMethod>;

export const listObjectsRequest = (request: Plain): Parameters<OpenFga["listObjects"]>[0] => ({
  ...inStore(request),
  type: text(request, "type"),
  relation: text(request, "relation"),
  user: text(request, "user"),
  contextualTuples: tupleKeys(tuplesOf(request.contextual_tuples)),
  context: request.context as Context | undefined,
});

/** By path below a store, then by method. */
export const storeRoutes: Readonly<Record<string, Readonly<Record<string, ServiceMethod | "streamed">>>> = {
  "": { GET: service.getStore, PATCH: service.updateStore, DELETE: service.deleteStore },
  "authorization-models": { POST: service.writeAuthorizationModel, GET: service.readAuthorizationModels },
  "authorization-models/*": { GET: service.readAuthorizationModel },
  write: { POST: service.write },
  read: { POST: service.read },
  changes: { GET: service.readChanges },
  check: { POST: service.check },
  "batch-check": { POST: service.batchCheck },
  expand: { POST: service.expand },
  "list-objects": { POST: service.listObjects },
  "streamed-list-objects": { POST: "streamed" },
  "list-users": { POST: service.listUsers },
  "assertions/*": { PUT: service.writeAssertions, GET: service.readAssertions },
};
