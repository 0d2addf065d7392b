import { errorCodes, OpenFgaError, type ErrorCode } from "./errors.ts";
import type { AuthorizationModel } from "./model/authorization-model.ts";
import type {
  Assertion,
  BatchCheckRequest,
  BatchCheckResponse,
  CheckRequest,
  CheckResponse,
  ExpandRequest,
  InStore,
  ListedUser,
  ListObjectsRequest,
  ListUsersRequest,
  OpenFga,
  Paging,
  ReadChangesRequest,
  ReadRequest,
  Store,
  Tuple,
  TupleChange,
  TupleKey,
  UsersetTree,
  WriteRequest,
} from "./open-fga.ts";

export interface RemoteOptions {
  /** where the HTTP API is served, `https://openfga.example` */
  url: string;
  /** a pre-shared key or another bearer token */
  token?: string;
  /** milliseconds until a call is given up; default 10 000 */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

interface WireStore {
  id: string;
  name: string;
  created_at: string;
  updated_at: string;
}

interface WireKey extends TupleKey {
  condition?: TupleKey["condition"];
}

/** A server that speaks OpenFGA's HTTP API: a real OpenFGA, or ours in another process. Nothing is sent before the first call. */
export const remoteOpenFga = (options: RemoteOptions): OpenFga => new Remote(options);

class Remote implements OpenFga {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;

  constructor({ url, token, timeoutMs = 10_000, fetch: own }: RemoteOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#fetch = own ?? fetch;
  }

  /** @throws OpenFgaError what the server says; unavailable when it cannot be reached or says nothing that is understood */
  async #send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`;
    let response: Response;
    try {
      response = await this.#fetch(`${this.#url}/${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
    } catch (cause) {
      throw new OpenFgaError("unavailable", `OpenFGA at ${this.#url} cannot be reached: ${(cause as Error).message}`, { cause });
    }
    if (!response.ok) throw await this.#failure(response);
    return response;
  }

  async #failure(response: Response): Promise<OpenFgaError> {
    const text = await response.text().catch(() => "");
    try {
      const { code, message, error } = JSON.parse(text) as { code?: string; message?: string; error?: { code: number; message: string } };
      if (error !== undefined) return new OpenFgaError(codeOfNumber(error.code), error.message);
      if (code !== undefined && Object.hasOwn(errorCodes, code)) return new OpenFgaError(code as ErrorCode, message ?? "");
    } catch {
      // no JSON: said below
    }
    return new OpenFgaError("unavailable", `OpenFGA at ${this.#url} answered ${response.status}: ${text.slice(0, 200)}`);
  }

  async #call<T>(method: string, path: string, body?: object): Promise<{ answer: T; modelId: string }> {
    const response = await this.#send(method, path, body);
    const text = await response.text();
    return { answer: (text === "" ? {} : JSON.parse(text)) as T, modelId: response.headers.get("openfga-authorization-model-id") ?? "" };
  }

  async createStore({ name }: { name: string }): Promise<Store> {
    return storeOf((await this.#call<WireStore>("POST", "stores", { name })).answer);
  }

  async listStores({ name, ...paging }: Paging & { name?: string } = {}): Promise<{ stores: Store[]; continuationToken: string }> {
    const { answer } = await this.#call<{ stores: WireStore[]; continuation_token: string }>(
      "GET",
      `stores${query({ ...page(paging), name })}`,
    );
    return { stores: answer.stores.map(storeOf), continuationToken: answer.continuation_token };
  }

  async getStore({ storeId }: InStore): Promise<Store> {
    return storeOf((await this.#call<WireStore>("GET", at(storeId))).answer);
  }

  async deleteStore({ storeId }: InStore): Promise<void> {
    await this.#call("DELETE", at(storeId));
  }

  async writeAuthorizationModel({
    storeId,
    model,
  }: InStore & { model: Omit<AuthorizationModel, "id"> }): Promise<{ authorizationModelId: string }> {
    const { answer } = await this.#call<{ authorization_model_id: string }>("POST", `${at(storeId)}/authorization-models`, model);
    return { authorizationModelId: answer.authorization_model_id };
  }

  async readAuthorizationModel({ storeId, id }: InStore & { id: string }): Promise<AuthorizationModel> {
    return (
      await this.#call<{ authorization_model: AuthorizationModel }>("GET", `${at(storeId)}/authorization-models/${encodeURIComponent(id)}`)
    ).answer.authorization_model;
  }

  async readAuthorizationModels({
    storeId,
    ...paging
  }: InStore & Paging): Promise<{ authorizationModels: AuthorizationModel[]; continuationToken: string }> {
    const { answer } = await this.#call<{ authorization_models: AuthorizationModel[]; continuation_token: string }>(
      "GET",
      `${at(storeId)}/authorization-models${query(page(paging))}`,
    );
    return { authorizationModels: answer.authorization_models, continuationToken: answer.continuation_token };
  }

  async write({
    storeId,
    authorizationModelId,
    writes,
    deletes,
    onDuplicate,
    onMissing,
  }: WriteRequest): Promise<{ authorizationModelId: string }> {
    const { modelId } = await this.#call("POST", `${at(storeId)}/write`, {
      ...model(authorizationModelId),
      ...(writes?.length ? { writes: { tuple_keys: writes, ...(onDuplicate && { on_duplicate: onDuplicate }) } } : {}),
      ...(deletes?.length ? { deletes: { tuple_keys: deletes.map(bare), ...(onMissing && { on_missing: onMissing }) } } : {}),
    });
    return { authorizationModelId: modelId };
  }

  async read({ storeId, tupleKey, ...paging }: ReadRequest): Promise<{ tuples: Tuple[]; continuationToken: string }> {
    const { answer } = await this.#call<{ tuples: { key: WireKey; timestamp: string }[]; continuation_token: string }>(
      "POST",
      `${at(storeId)}/read`,
      { ...page(paging), ...(tupleKey && { tuple_key: tupleKey }) },
    );
    return {
      tuples: answer.tuples.map(({ key, timestamp }) => ({ key: keyOf(key), timestamp })),
      continuationToken: answer.continuation_token,
    };
  }

  async readChanges({
    storeId,
    type,
    startTime,
    ...paging
  }: ReadChangesRequest): Promise<{ changes: TupleChange[]; continuationToken: string }> {
    const { answer } = await this.#call<{
      changes: { tuple_key: WireKey; operation: TupleChange["operation"]; timestamp: string }[];
      continuation_token: string;
    }>("GET", `${at(storeId)}/changes${query({ ...page(paging), type, start_time: startTime })}`);
    return {
      changes: answer.changes.map(({ tuple_key: key, operation, timestamp }) => ({ tupleKey: keyOf(key), operation, timestamp })),
      continuationToken: answer.continuation_token,
    };
  }

  async check({ storeId, ...request }: CheckRequest): Promise<CheckResponse> {
    const { answer, modelId } = await this.#call<{ allowed: boolean }>("POST", `${at(storeId)}/check`, {
      ...model(request.authorizationModelId),
      ...question(request),
    });
    return { allowed: answer.allowed, authorizationModelId: modelId };
  }

  async batchCheck({ storeId, authorizationModelId, checks }: BatchCheckRequest): Promise<BatchCheckResponse> {
    type Item = { allowed?: boolean; error?: { input_error?: string; internal_error?: string; message: string } };
    const { answer, modelId } = await this.#call<{ result: Record<string, Item> }>("POST", `${at(storeId)}/batch-check`, {
      ...model(authorizationModelId),
      checks: checks.map(({ correlationId, ...check }) => ({ correlation_id: correlationId, ...question(check) })),
    });
    const result: BatchCheckResponse["result"] = new Map();
    for (const [id, { allowed, error }] of Object.entries(answer.result)) {
      if (error === undefined) result.set(id, { allowed: allowed === true });
      else {
        const code = error.input_error ?? error.internal_error ?? "";
        result.set(id, {
          error: new OpenFgaError(Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "internal_error", error.message),
        });
      }
    }
    return { result, authorizationModelId: modelId };
  }

  async expand({
    storeId,
    authorizationModelId,
    relation,
    object,
    contextualTuples,
  }: ExpandRequest): Promise<{ tree: UsersetTree; authorizationModelId: string }> {
    const { answer, modelId } = await this.#call<{ tree: UsersetTree }>("POST", `${at(storeId)}/expand`, {
      ...model(authorizationModelId),
      tuple_key: { relation, object },
      ...contextual(contextualTuples),
    });
    return { tree: answer.tree, authorizationModelId: modelId };
  }

  async listObjects({ storeId, ...request }: ListObjectsRequest): Promise<{ objects: string[]; authorizationModelId: string }> {
    const { answer, modelId } = await this.#call<{ objects: string[] }>("POST", `${at(storeId)}/list-objects`, listing(request));
    return { objects: answer.objects, authorizationModelId: modelId };
  }

  async *streamedListObjects({ storeId, ...request }: ListObjectsRequest): AsyncIterable<string> {
    const response = await this.#send("POST", `${at(storeId)}/streamed-list-objects`, listing(request));
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== "") yield streamed(line);
    }
    if (rest.trim() !== "") yield streamed(rest);
  }

  async listUsers({
    storeId,
    authorizationModelId,
    object,
    relation,
    userFilters,
    contextualTuples,
    context,
  }: ListUsersRequest): Promise<{ users: ListedUser[]; authorizationModelId: string }> {
    const { answer, modelId } = await this.#call<{ users: ListedUser[] }>("POST", `${at(storeId)}/list-users`, {
      ...model(authorizationModelId),
      object,
      relation,
      user_filters: userFilters,
      ...(contextualTuples?.length ? { contextual_tuples: contextualTuples } : {}),
      ...(context && { context }),
    });
    return { users: answer.users, authorizationModelId: modelId };
  }

  async writeAssertions({
    storeId,
    authorizationModelId,
    assertions,
  }: InStore & { authorizationModelId: string; assertions: readonly Assertion[] }): Promise<void> {
    const held = assertions.map(({ tupleKey, expectation, contextualTuples = [], context }) => ({
      tuple_key: tupleKey,
      expectation,
      contextual_tuples: contextualTuples,
      ...(context && { context }),
    }));
    await this.#call("PUT", `${at(storeId)}/assertions/${encodeURIComponent(authorizationModelId)}`, { assertions: held });
  }

  async readAssertions({
    storeId,
    authorizationModelId,
  }: InStore & { authorizationModelId: string }): Promise<{ authorizationModelId: string; assertions: Assertion[] }> {
    type Wire = {
      tuple_key: Assertion["tupleKey"];
      expectation: boolean;
      contextual_tuples: WireKey[];
      context: Assertion["context"] | null;
    };
    const { answer } = await this.#call<{ assertions: Wire[] }>(
      "GET",
      `${at(storeId)}/assertions/${encodeURIComponent(authorizationModelId)}`,
    );
    const assertions = answer.assertions.map(({ tuple_key: tupleKey, expectation, contextual_tuples: tuples, context }) => ({
      tupleKey,
      expectation,
      contextualTuples: tuples.map(keyOf),
      ...(context && { context }),
    }));
    return { authorizationModelId, assertions };
  }

  async close(): Promise<void> {
    // connections belong to fetch
  }
}

const at = (storeId: string): string => `stores/${encodeURIComponent(storeId)}`;
const page = ({ pageSize, continuationToken }: Paging): { page_size?: number; continuation_token?: string } => ({
  ...(pageSize !== undefined && { page_size: pageSize }),
  ...(continuationToken && { continuation_token: continuationToken }),
});
const model = (id: string | undefined): object => (id ? { authorization_model_id: id } : {});
const contextual = (tuples: readonly TupleKey[] | undefined): object =>
  tuples?.length ? { contextual_tuples: { tuple_keys: tuples } } : {};
const bare = ({ user, relation, object }: TupleKey): TupleKey => ({ user, relation, object });

const question = ({ user, relation, object, contextualTuples, context }: Omit<CheckRequest, "storeId">): object => ({
  tuple_key: { user, relation, object },
  ...contextual(contextualTuples),
  ...(context && { context }),
});

const listing = ({
  authorizationModelId,
  type,
  relation,
  user,
  contextualTuples,
  context,
}: Omit<ListObjectsRequest, "storeId">): object => ({
  ...model(authorizationModelId),
  type,
  relation,
  user,
  ...contextual(contextualTuples),
  ...(context && { context }),
});

function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== "") search.set(name, String(value));
  return search.size === 0 ? "" : `?${search}`;
}

const storeOf = ({ id, name, created_at: createdAt, updated_at: updatedAt }: WireStore): Store => ({ id, name, createdAt, updatedAt });

function keyOf({ user, relation, object, condition }: WireKey): TupleKey {
  return condition?.name
    ? { user, relation, object, condition: { name: condition.name, context: condition.context ?? {} } }
    : { user, relation, object };
}

function streamed(line: string): string {
  const { result, error } = JSON.parse(line) as { result?: { object: string }; error?: { code: number; message: string } };
  if (result !== undefined) return result.object;
  throw new OpenFgaError(codeOfNumber(error?.code ?? 0), error?.message ?? "");
}

const codeOfNumber = (number: number): ErrorCode =>
  (Object.keys(errorCodes) as ErrorCode[]).find((code) => errorCodes[code] === number) ??
  (number === 3 ? "validation_error" : "internal_error");
