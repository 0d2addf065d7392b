import { Check } from "./evaluate/check.ts";
import { Evaluation, requireContext } from "./evaluate/evaluation.ts";
import { expand } from "./evaluate/expand.ts";
import { explain } from "./evaluate/explain.ts";
import { listObjects } from "./evaluate/list-objects.ts";
import { ListUsers } from "./evaluate/list-users.ts";
import { OpenFgaError, validationError } from "./errors.ts";
import { Names } from "./graph/names.ts";
import { TupleGraph, type GraphTuple } from "./graph/tuple-graph.ts";
import { jsonEqual } from "./json-equal.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { AuthorizationModel } from "./model/authorization-model.ts";
import { compileModel, type CompiledModel, type CompiledRelation } from "./model/compile-model.ts";
import { validateModel } from "./model/validate-model.ts";
import type {
  Assertion,
  BatchCheckRequest,
  BatchCheckResponse,
  CheckRequest,
  CheckResponse,
  Context,
  EmbeddedOpenFga,
  Explanation,
  ExpandRequest,
  InStore,
  ListedUser,
  ListObjectsRequest,
  ListUsersRequest,
  Paging,
  ReadChangesRequest,
  ReadRequest,
  Store,
  StoreChange,
  Tuple,
  TupleChange,
  TupleKey,
  UsersetTree,
  WriteRequest,
} from "./open-fga.ts";
import { timestampOf } from "./timestamp.ts";
import { fromToken, invalidToken, sequenceFromToken, toToken } from "./tokens.ts";
import type { TupleRecord, TupleStore, TupleStoreRecord } from "./tuple-store.ts";
import { forbiddenText, isObject, isUser, typeOf, refuseQuestion, refuseTuple, refuseUser } from "./tuples/validate-tuple.ts";
import { ulid } from "./ulid.ts";
import { sizeOf } from "./wire/message-size.ts";

export interface EmbeddedOptions {
  /** where the data survives; closed with the engine */
  tupleStore: TupleStore;
  limits?: Partial<Limits>;
  /** milliseconds since 1970; default the machine's clock */
  now?: () => number;
}

/** What is known of one store. It may lack an entry: OpenFGA answers for stores that were deleted, or never made. */
interface StoreData {
  graph: TupleGraph;
  /** in the order of writing */
  models: { id: string; text: string }[];
  assertions: Map<string, string>;
}

interface StoreEntry {
  id: string;
  name: string;
  time: number;
}

/** One change that waits for its commit: `apply` makes it visible and says what to keep; `undo` takes it back. */
interface Pending {
  apply: () => { records: TupleStoreRecord[]; undo: () => void; change: StoreChange | undefined };
  done: () => void;
  failed: (error: unknown) => void;
}

const modelsCompiledMax = 256;
const pageSizeDefault = 50;

/** The engine in this process, over a store that it alone writes. Loads everything current. */
export function embeddedOpenFga(options: EmbeddedOptions): EmbeddedOpenFga {
  return new Engine(options);
}

class Engine implements EmbeddedOpenFga {
  readonly #tupleStore: TupleStore;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #names = new Names();
  /** oldest first: ids grow */
  readonly #entries = new Map<string, StoreEntry>();
  readonly #stores = new Map<string, StoreData>();
  readonly #compiled = new Map<string, { storeId: string; model: CompiledModel }>();
  readonly #listeners = new Set<{ storeId: string; listener: (change: StoreChange) => void }>();
  readonly #pending: Pending[] = [];
  #flushing = false;
  #sequence: number;
  #broken: unknown = undefined;

  constructor({ tupleStore, limits, now }: EmbeddedOptions) {
    this.#tupleStore = tupleStore;
    this.#limits = { ...defaultLimits, ...limits };
    this.#now = now ?? Date.now;
    this.#sequence = tupleStore.load((record) => this.#load(record));
  }

  #load(record: TupleStoreRecord): void {
    switch (record.kind) {
      case "store":
        this.#entries.set(record.id, { id: record.id, name: record.name, time: record.time });
        break;
      case "store-deletion":
        this.#entries.delete(record.id);
        break;
      case "model":
        this.#data(record.storeId).models.push({ id: record.id, text: record.model });
        break;
      case "assertions":
        this.#data(record.storeId).assertions.set(record.modelId, record.assertions);
        break;
      case "tuple":
        this.#data(record.storeId).graph.add({
          object: record.object,
          relation: record.relation,
          user: record.user,
          condition: record.condition || undefined,
          context: record.context === "" ? undefined : (JSON.parse(record.context) as Context),
          sequence: record.sequence,
          time: record.time,
        });
        break;
    }
  }

  #data(storeId: string): StoreData {
    let data = this.#stores.get(storeId);
    if (data === undefined) this.#stores.set(storeId, (data = { graph: new TupleGraph(this.#names), models: [], assertions: new Map() }));
    return data;
  }

  // Changes

  /** Applied at once when nothing has to reach a disk; otherwise those of one turn of the event loop share a commit. */
  #change<T>(apply: Pending["apply"], result: () => T): T | Promise<T> {
    if (this.#broken !== undefined) throw this.#stopped();
    if (!this.#tupleStore.durable) {
      const { records, change } = apply();
      this.#tupleStore.commit(records);
      this.#tell(change);
      return result();
    }
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ apply, done: () => resolve(result()), failed: reject });
      if (this.#flushing) return;
      this.#flushing = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#flushing = false;
    const pending = this.#pending.splice(0);
    const applied: { pending: Pending; undo: () => void; change: StoreChange | undefined }[] = [];
    const records: TupleStoreRecord[] = [];
    for (const each of pending) {
      try {
        if (this.#broken !== undefined) throw this.#stopped();
        const { records: own, undo, change } = each.apply();
        for (const record of own) records.push(record);
        applied.push({ pending: each, undo, change });
      } catch (error) {
        each.failed(error);
      }
    }
    try {
      if (records.length > 0) this.#tupleStore.commit(records);
    } catch (error) {
      this.#broken = error;
      for (const { undo } of applied.reverse()) undo();
      for (const each of applied) each.pending.failed(this.#stopped());
      return;
    }
    for (const each of applied) {
      this.#tell(each.change);
      each.pending.done();
    }
  }

  #stopped(): OpenFgaError {
    return new OpenFgaError("internal_error", "Internal Server Error", { cause: this.#broken });
  }

  #tell(change: StoreChange | undefined): void {
    if (change === undefined) return;
    for (const { storeId, listener } of this.#listeners) {
      if (storeId !== "all" && storeId !== change.storeId) continue;
      try {
        listener(change);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  onChange(storeId: string, listener: (change: StoreChange) => void): () => void {
    const entry = { storeId, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  // Stores

  createStore({ name }: { name: string }): Store | Promise<Store> {
    const time = this.#now();
    const id = ulid(time);
    return this.#change(
      () => {
        this.#entries.set(id, { id, name, time });
        return {
          records: [{ kind: "store", id, name, time }],
          undo: () => this.#entries.delete(id),
          change: { storeId: id, kind: "store", writes: [], deletes: [] },
        };
      },
      () => storeOf({ id, name, time }),
    );
  }

  listStores({ name, pageSize, continuationToken }: Paging & { name?: string } = {}): { stores: Store[]; continuationToken: string } {
    const size = pageSize ?? pageSizeDefault;
    const after = fromToken(continuationToken);
    if (after !== "" && !/^[0-9A-Z]{26}$/.test(after)) throw invalidToken();
    const found: StoreEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.id <= after || (name && entry.name !== name)) continue;
      if (found.push(entry) > size) break;
    }
    const page = found.slice(0, size);
    return { stores: page.map(storeOf), continuationToken: found.length > size ? toToken(page.at(-1)!.id) : "" };
  }

  getStore({ storeId }: InStore): Store {
    const entry = this.#entries.get(storeId);
    if (entry === undefined) throw new OpenFgaError("store_id_not_found", "Store ID not found");
    return storeOf(entry);
  }

  deleteStore({ storeId }: InStore): void | Promise<void> {
    const entry = this.#entries.get(storeId);
    if (entry === undefined) return;
    return this.#change(
      () => {
        this.#entries.delete(storeId);
        return {
          records: [{ kind: "store-deletion", id: storeId }],
          undo: () => this.#entries.set(storeId, entry),
          change: { storeId, kind: "store", writes: [], deletes: [] },
        };
      },
      () => undefined,
    );
  }

  // Models

  writeAuthorizationModel({
    storeId,
    model,
  }: InStore & { model: Omit<AuthorizationModel, "id"> }): { authorizationModelId: string } | Promise<{ authorizationModelId: string }> {
    if (model.type_definitions.length > this.#limits.typesPerModel) {
      throw new OpenFgaError(
        "exceeded_entity_limit",
        `The number of type definitions in an authorization model exceeds the allowed limit of ${this.#limits.typesPerModel}`,
      );
    }
    const id = ulid(this.#now());
    const whole: AuthorizationModel = {
      id,
      schema_version: model.schema_version,
      type_definitions: model.type_definitions,
      conditions: model.conditions ?? {},
    };
    const bytes = sizeOf("AuthorizationModel", whole);
    if (bytes > this.#limits.modelBytes)
      throw new OpenFgaError("exceeded_entity_limit", `model exceeds size limit: ${bytes} bytes vs ${this.#limits.modelBytes} bytes`);
    validateModel(whole);
    const text = JSON.stringify(whole);
    return this.#change(
      () => {
        const { models } = this.#data(storeId);
        models.push({ id, text });
        return {
          records: [{ kind: "model", storeId, id, model: text }],
          undo: () => models.pop(),
          change: { storeId, kind: "model", writes: [], deletes: [] },
        };
      },
      () => ({ authorizationModelId: id }),
    );
  }

  readAuthorizationModel({ storeId, id }: InStore & { id: string }): AuthorizationModel {
    const found = this.#stores.get(storeId)?.models.find((model) => model.id === id);
    if (found === undefined) throw modelNotFound(id);
    return JSON.parse(found.text) as AuthorizationModel;
  }

  readAuthorizationModels({ storeId, pageSize, continuationToken }: InStore & Paging): {
    authorizationModels: AuthorizationModel[];
    continuationToken: string;
  } {
    const size = pageSize ?? pageSizeDefault;
    const models = this.#stores.get(storeId)?.models ?? [];
    const before = fromToken(continuationToken);
    let from = models.length - 1;
    if (before !== "") {
      if (!/^[0-9A-Z]{26}$/.test(before)) throw invalidToken();
      from = models.findIndex((model) => model.id === before) - 1;
    }
    const page: { id: string; text: string }[] = [];
    for (let i = from; i >= 0 && page.length < size; i--) page.push(models[i]!);
    return {
      authorizationModels: page.map(({ text }) => JSON.parse(text) as AuthorizationModel),
      continuationToken: from - page.length >= 0 ? toToken(page.at(-1)!.id) : "",
    };
  }

  /** The model asked for, or the newest; failures of what is done with it say which it was. */
  #with<T>(storeId: string, modelId: string | undefined, use: (model: CompiledModel) => T): T {
    const model = this.#model(storeId, modelId);
    const marked = (error: unknown): never => {
      if (error instanceof OpenFgaError) error.modelId = model.id;
      throw error;
    };
    try {
      const result = use(model);
      return result instanceof Promise ? (result.catch(marked) as T) : result;
    } catch (error) {
      return marked(error);
    }
  }

  /** @throws OpenFgaError authorization_model_not_found, latest_authorization_model_not_found */
  #model(storeId: string, modelId: string | undefined): CompiledModel {
    const known = modelId ? this.#compiled.get(modelId) : undefined;
    if (known?.storeId === storeId) return known.model;
    const models = this.#stores.get(storeId)?.models ?? [];
    const found = modelId ? models.find((model) => model.id === modelId) : models.at(-1);
    if (found === undefined) {
      if (modelId) throw modelNotFound(modelId);
      throw new OpenFgaError("latest_authorization_model_not_found", `No authorization models found for store '${storeId}'`);
    }
    const kept = this.#compiled.get(found.id);
    if (kept !== undefined) return kept.model;
    const model = compileModel(JSON.parse(found.text) as AuthorizationModel, this.#names);
    if (this.#compiled.size >= modelsCompiledMax) this.#compiled.delete(this.#compiled.keys().next().value!);
    this.#compiled.set(found.id, { storeId, model });
    return model;
  }

  // Tuples

  write(request: WriteRequest): { authorizationModelId: string } | Promise<{ authorizationModelId: string }> {
    const { storeId, writes = [], deletes = [], onDuplicate = "error", onMissing = "error" } = request;
    return this.#with(storeId, request.authorizationModelId, (model) => {
      this.#requireWrite(writes, deletes, model);
      requireOption("on_duplicate", onDuplicate);
      requireOption("on_missing", onMissing);
      return this.#change(
        () => this.#apply(storeId, writes, deletes, onDuplicate === "ignore", onMissing === "ignore"),
        () => ({ authorizationModelId: model.id }),
      );
    });
  }

  #requireWrite(writes: readonly TupleKey[], deletes: readonly TupleKey[], model: CompiledModel): void {
    if (writes.length === 0 && deletes.length === 0) {
      throw new OpenFgaError("invalid_write_input", "Invalid input. Make sure you provide at least one write, or at least one delete");
    }
    for (const key of writes) {
      const refused = refuseTuple(key, model);
      if (refused !== undefined) throw validationError(refused);
      if (key.user === `${key.object}#${key.relation}`) {
        throw validationError(`Invalid tuple '${key.object}#${key.relation}@${key.user}'. Reason: cannot write a tuple that is implicit`);
      }
      if (key.condition?.context) {
        const bytes = sizeOf("Struct", key.condition.context);
        if (bytes > this.#limits.contextBytesPerTuple) {
          throw validationError(
            `Invalid tuple '${key.object}#${key.relation}@${key.user} (condition ${key.condition.name})'. Reason: condition context size limit exceeded: ${bytes} bytes exceeds ${this.#limits.contextBytesPerTuple} bytes`,
          );
        }
      }
    }
    for (const key of deletes) {
      if (!isUser(key.user))
        throw validationError(`Invalid tuple '${key.object}#${key.relation}@${key.user}'. Reason: the 'user' field is malformed`);
    }
    const seen = new Set<string>();
    for (const { user, relation, object } of [...deletes, ...writes]) {
      const key = `${object}\0${relation}\0${user}`;
      if (seen.has(key)) {
        throw new OpenFgaError(
          "cannot_allow_duplicate_tuples_in_one_request",
          `duplicate tuple in write: user: '${user}', relation: '${relation}', object: '${object}'`,
        );
      }
      seen.add(key);
    }
    if (writes.length + deletes.length > this.#limits.tuplesPerWrite) {
      throw new OpenFgaError(
        "exceeded_entity_limit",
        `The number of write operations exceeds the allowed limit of ${this.#limits.tuplesPerWrite}`,
      );
    }
  }

  /** Decides everything before it changes anything. */
  #apply(
    storeId: string,
    writes: readonly TupleKey[],
    deletes: readonly TupleKey[],
    ignoreDuplicates: boolean,
    ignoreMissing: boolean,
  ): ReturnType<Pending["apply"]> {
    const { graph } = this.#data(storeId);
    const gone: { tuple: GraphTuple; key: TupleKey }[] = [];
    for (const key of deletes) {
      const tuple = graph.find(key.object, key.relation, key.user);
      if (tuple !== undefined) gone.push({ tuple, key });
      else if (!ignoreMissing) throw conflicting("delete a tuple which does not exist", key);
    }
    const fresh: TupleKey[] = [];
    for (const key of writes) {
      const tuple = graph.find(key.object, key.relation, key.user);
      if (tuple === undefined) fresh.push(key);
      else if (!ignoreDuplicates) throw conflicting("write a tuple which already exists", key);
      else if ((tuple.condition ?? "") !== (key.condition?.name ?? "") || !jsonEqual(tuple.context ?? {}, key.condition?.context ?? {})) {
        throw new OpenFgaError(
          "Aborted",
          `transactional write failed due to conflict: attempted to write a tuple which already exists with a different condition: user: '${key.user}', relation: '${key.relation}', object: '${key.object}'`,
        );
      }
    }
    const time = this.#now();
    const records: TupleRecord[] = [];
    for (const { tuple, key } of gone) {
      graph.remove(tuple);
      records.push(this.#record(storeId, key, time, true));
    }
    const added: GraphTuple[] = [];
    for (const key of fresh) {
      const record = this.#record(storeId, key, time, false);
      records.push(record);
      added.push(
        graph.add({
          object: key.object,
          relation: key.relation,
          user: key.user,
          condition: record.condition || undefined,
          context: record.context === "" ? undefined : (JSON.parse(record.context) as Context),
          sequence: record.sequence,
          time,
        }),
      );
    }
    const undo = (): void => {
      for (const tuple of added.reverse()) graph.undoAdd(tuple);
      for (const { tuple, key } of gone) {
        graph.add({
          object: key.object,
          relation: key.relation,
          user: key.user,
          condition: tuple.condition,
          context: tuple.context,
          sequence: tuple.sequence,
          time: tuple.time,
        });
      }
    };
    const change: StoreChange = { storeId, kind: "tuples", writes: fresh, deletes: gone.map(({ key }) => key) };
    return { records, undo, change: records.length === 0 ? undefined : change };
  }

  #record(storeId: string, key: TupleKey, time: number, deleted: boolean): TupleRecord {
    const { user, relation, object } = key;
    const condition = deleted ? "" : (key.condition?.name ?? "");
    const context = condition === "" || key.condition?.context === undefined ? "" : JSON.stringify(key.condition.context);
    return { kind: "tuple", storeId, sequence: ++this.#sequence, time, deleted, object, relation, user, condition, context };
  }

  read({ storeId, tupleKey, pageSize, continuationToken }: ReadRequest): { tuples: Tuple[]; continuationToken: string } {
    const size = pageSize ?? pageSizeDefault;
    const after = sequenceFromToken(continuationToken);
    const graph = this.#stores.get(storeId)?.graph;
    const page: GraphTuple[] = [];
    for (const tuple of readFrom(graph, tupleKey, after)) {
      page.push(tuple);
      if (page.length > size) break;
    }
    const more = page.length > size;
    if (more) page.pop();
    return {
      tuples: page.map((tuple) => ({ key: keyOf(tuple, graph!), timestamp: timestampOf(tuple.time) })),
      continuationToken: more ? toToken(String(page.at(-1)!.sequence)) : "",
    };
  }

  readChanges({ storeId, type = "", pageSize, continuationToken, startTime }: ReadChangesRequest): {
    changes: TupleChange[];
    continuationToken: string;
  } {
    let after = 0;
    let notBefore = 0;
    if (continuationToken) {
      const match = /^(\d{1,15})\|(.*)$/s.exec(fromToken(continuationToken));
      if (!match) throw invalidToken();
      if (match[2] !== type) {
        throw new OpenFgaError(
          "query_string_type_continuation_token_mismatch",
          "The type in the querystring and the continuation token don't match",
        );
      }
      after = Number(match[1]);
    } else if (startTime) {
      notBefore = Date.parse(startTime);
      if (Number.isNaN(notBefore)) throw new OpenFgaError("invalid_start_time", "Invalid start time");
    }
    const records = this.#tupleStore.changes({ storeId, type, after, notBefore, limit: pageSize ?? pageSizeDefault });
    return {
      changes: records.map((record) => ({
        tupleKey: withCondition(
          { user: record.user, relation: record.relation, object: record.object },
          record.condition,
          record.context === "" ? undefined : (JSON.parse(record.context) as Context),
        ),
        operation: record.deleted ? "TUPLE_OPERATION_DELETE" : "TUPLE_OPERATION_WRITE",
        timestamp: timestampOf(record.time),
      })),
      continuationToken: records.length > 0 ? toToken(`${records.at(-1)!.sequence}|${type}`) : (continuationToken ?? ""),
    };
  }

  // Questions

  #evaluation(storeId: string, model: CompiledModel, context: Context | undefined): Evaluation {
    if (context !== undefined) requireContext(forbiddenText(context));
    return new Evaluation(this.#stores.get(storeId)!.graph, model, this.#limits, context);
  }

  /** @throws OpenFgaError invalid_tuple */
  #requireContextual(tuples: readonly TupleKey[] | undefined, model: CompiledModel): void {
    if (tuples === undefined) return;
    if (tuples.length > this.#limits.contextualTuples) {
      throw validationError(
        `invalid ContextualTupleKeys.TupleKeys: value must contain no more than ${this.#limits.contextualTuples} item(s)`,
      );
    }
    for (let i = 0; i < tuples.length; i++) {
      const refused = refuseTuple(tuples[i]!, model);
      if (refused !== undefined) throw new OpenFgaError("invalid_tuple", refused);
    }
  }

  /** @throws OpenFgaError validation_error, invalid_tuple */
  #question(request: Omit<CheckRequest, "storeId" | "authorizationModelId">, model: CompiledModel): CompiledRelation {
    const relation = refuseQuestion(request, model);
    if (typeof relation === "string") throw validationError(`invalid relation: ${relation}`);
    this.#requireContextual(request.contextualTuples, model);
    return relation;
  }

  check(request: CheckRequest): CheckResponse {
    return this.#with(request.storeId, request.authorizationModelId, (model) => {
      return { allowed: this.#check(request.storeId, model, request), authorizationModelId: model.id };
    });
  }

  #check(storeId: string, model: CompiledModel, request: Omit<CheckRequest, "storeId" | "authorizationModelId">): boolean {
    const relation = this.#question(request, model);
    const evaluation = this.#evaluation(storeId, model, request.context);
    return evaluation.run(request.contextualTuples, () =>
      new Check(evaluation, evaluation.user(request.user)).allowed(evaluation.node(request.object), relation),
    );
  }

  batchCheck({ storeId, authorizationModelId, checks }: BatchCheckRequest): BatchCheckResponse {
    return this.#with(storeId, authorizationModelId, (model) => {
      if (checks.length === 0) throw validationError("batch check requires at least one check to evaluate, no checks were received");
      if (checks.length > this.#limits.checksPerBatch) {
        throw validationError(`batchCheck received ${checks.length} checks, the maximum allowed is ${this.#limits.checksPerBatch}`);
      }
      const result: BatchCheckResponse["result"] = new Map();
      for (const { correlationId } of checks) {
        if (result.has(correlationId)) throw validationError(`received duplicate correlation id: ${correlationId}`);
        result.set(correlationId, { allowed: false });
      }
      for (const check of checks) {
        try {
          result.set(check.correlationId, { allowed: this.#check(storeId, model, check) });
        } catch (error) {
          if (!(error instanceof OpenFgaError)) throw error;
          const own = error.code === "invalid_tuple" ? new OpenFgaError("invalid_tuple", `invalid tuple: ${error.message}`) : error;
          result.set(check.correlationId, { error: own });
        }
      }
      return { result, authorizationModelId: model.id };
    });
  }

  explain(request: CheckRequest): Explanation {
    return this.#with(request.storeId, request.authorizationModelId, (model) => {
      const relation = this.#question(request, model);
      const evaluation = this.#evaluation(request.storeId, model, request.context);
      return evaluation.run(request.contextualTuples, () =>
        explain(evaluation, evaluation.user(request.user), evaluation.node(request.object), relation),
      );
    });
  }

  expand({ storeId, authorizationModelId, relation, object, contextualTuples }: ExpandRequest): {
    tree: UsersetTree;
    authorizationModelId: string;
  } {
    return this.#with(storeId, authorizationModelId, (model) => {
      if (!relation || !object) {
        throw new OpenFgaError("invalid_expand_input", "Invalid input. Make sure you provide an object and a relation");
      }
      if (!isObject(object)) throw validationError("invalid 'object' field format");
      const type = model.types.get(typeOf(object));
      if (type === undefined) throw validationError(`type '${typeOf(object)}' not found`);
      const compiled = type.relations.get(relation);
      if (compiled === undefined) throw validationError(`relation '${type.name}#${relation}' not found`);
      this.#requireContextual(contextualTuples, model);
      const evaluation = this.#evaluation(storeId, model, undefined);
      const root = evaluation.run(contextualTuples, () => expand(evaluation, evaluation.node(object), compiled));
      return { tree: { root }, authorizationModelId: model.id };
    });
  }

  listObjects(request: ListObjectsRequest): { objects: string[]; authorizationModelId: string } {
    return this.#with(request.storeId, request.authorizationModelId, (model) => {
      return { objects: this.#listObjects(request, model, this.#limits.listResults), authorizationModelId: model.id };
    });
  }

  #listObjects(request: ListObjectsRequest, model: CompiledModel, max: number): string[] {
    const type = model.types.get(request.type);
    if (type === undefined) throw new OpenFgaError("type_not_found", `type '${request.type}' not found`);
    const relation = type.relations.get(request.relation);
    if (relation === undefined) throw new OpenFgaError("relation_not_found", `relation '${request.type}#${request.relation}' not found`);
    this.#requireContextual(request.contextualTuples, model);
    const refused = refuseUser(request.user, model);
    if (refused !== undefined) throw validationError(`invalid 'user' value: ${refused}`);
    const evaluation = this.#evaluation(request.storeId, model, request.context);
    const deadline = performance.now() + this.#limits.listMs;
    return evaluation.run(request.contextualTuples, () =>
      listObjects(evaluation, relation, evaluation.user(request.user), { max, deadline }),
    );
  }

  async *streamedListObjects(request: ListObjectsRequest): AsyncIterable<string> {
    yield* this.#listObjects(request, this.#model(request.storeId, request.authorizationModelId), Infinity);
  }

  listUsers(request: ListUsersRequest): { users: ListedUser[]; authorizationModelId: string } {
    return this.#with(request.storeId, request.authorizationModelId, (model) => {
      const filter = request.userFilters[0];
      if (filter === undefined || request.userFilters.length > 1) {
        throw validationError("invalid ListUsersRequest.UserFilters: value must contain exactly 1 item(s)");
      }
      const wantedType = model.types.get(filter.type);
      if (wantedType === undefined) throw new OpenFgaError("type_not_found", `type '${filter.type}' not found`);
      const wantedRelation = filter.relation ? wantedType.relations.get(filter.relation) : undefined;
      if (filter.relation && wantedRelation === undefined)
        throw new OpenFgaError("relation_not_found", `relation '${filter.type}#${filter.relation}' not found`);
      const type = model.types.get(request.object.type);
      if (type === undefined) throw new OpenFgaError("type_not_found", `type '${request.object.type}' not found`);
      const relation = type.relations.get(request.relation);
      if (relation === undefined)
        throw new OpenFgaError("relation_not_found", `relation '${request.object.type}#${request.relation}' not found`);
      this.#requireContextual(request.contextualTuples, model);
      const evaluation = this.#evaluation(request.storeId, model, request.context);
      const deadline = performance.now() + this.#limits.listMs;
      const set = evaluation.run(request.contextualTuples, () =>
        new ListUsers(evaluation, { type: wantedType, relation: wantedRelation }, deadline).of(
          evaluation.node(`${request.object.type}:${request.object.id}`),
          relation,
        ),
      );
      const users: ListedUser[] = [];
      if (set.everybody) users.push({ wildcard: { type: filter.type } });
      for (const name of set.names) {
        if (users.length >= this.#limits.listResults) break;
        users.push(listedUser(name));
      }
      return { users, authorizationModelId: model.id };
    });
  }

  // Assertions

  writeAssertions({
    storeId,
    authorizationModelId,
    assertions,
  }: InStore & { authorizationModelId: string; assertions: readonly Assertion[] }): void | Promise<void> {
    return this.#with(storeId, authorizationModelId, (model) => {
      for (const assertion of assertions) {
        const refused = refuseQuestion(assertion.tupleKey, model);
        if (typeof refused === "string") {
          throw validationError(refused);
        }
        for (const key of assertion.contextualTuples ?? []) {
          const reason = refuseTuple(key, model);
          if (reason !== undefined) throw validationError(reason);
        }
      }
      const text = JSON.stringify(assertions);
      const bytes = sizeOf("Assertions", {
        assertions: assertions.map((each) => ({
          tuple_key: each.tupleKey,
          expectation: each.expectation,
          contextual_tuples: each.contextualTuples ?? [],
          context: each.context,
        })),
      });
      if (bytes > this.#limits.assertionBytes) {
        throw new OpenFgaError("exceeded_entity_limit", `The number of bytes exceeds the allowed limit of ${this.#limits.assertionBytes}`);
      }
      return this.#change(
        () => {
          const kept = this.#data(storeId).assertions;
          const before = kept.get(authorizationModelId);
          kept.set(authorizationModelId, text);
          return {
            records: [{ kind: "assertions", storeId, modelId: authorizationModelId, assertions: text }],
            undo: () => (before === undefined ? kept.delete(authorizationModelId) : kept.set(authorizationModelId, before)),
            change: undefined,
          };
        },
        () => undefined,
      );
    });
  }

  readAssertions({ storeId, authorizationModelId }: InStore & { authorizationModelId: string }): {
    authorizationModelId: string;
    assertions: Assertion[];
  } {
    this.#model(storeId, authorizationModelId);
    const text = this.#stores.get(storeId)?.assertions.get(authorizationModelId);
    return { authorizationModelId, assertions: text === undefined ? [] : (JSON.parse(text) as Assertion[]) };
  }

  async close(): Promise<void> {
    while (this.#pending.length > 0) this.#flush();
    this.#broken ??= new Error("the engine is closed");
    this.#tupleStore.close();
  }
}

const storeOf = ({ id, name, time }: StoreEntry): Store => ({ id, name, createdAt: timestampOf(time), updatedAt: timestampOf(time) });

const modelNotFound = (id: string): OpenFgaError =>
  new OpenFgaError("authorization_model_not_found", `Authorization Model '${id}' not found`);

function requireOption(name: string, value: string): void {
  if (value !== "error" && value !== "ignore" && value !== "") throw validationError(`invalid ${name} option: ${value}`);
}

const conflicting = (what: string, { user, relation, object }: TupleKey): OpenFgaError =>
  new OpenFgaError(
    "write_failed_due_to_invalid_input",
    `cannot ${what}: user: '${user}', relation: '${relation}', object: '${object}': tuple to be written already existed or the tuple to be deleted did not exist`,
  );

function withCondition(key: TupleKey, condition: string | undefined, context: Context | undefined): TupleKey {
  if (condition) key.condition = { name: condition, context: context ?? {} };
  return key;
}

const keyOf = (tuple: GraphTuple, graph: TupleGraph): TupleKey =>
  withCondition(
    { user: graph.userOf(tuple), relation: graph.names.text(tuple.relation), object: tuple.object.name },
    tuple.condition,
    tuple.context,
  );

function listedUser(name: string): ListedUser {
  const hash = name.indexOf("#");
  const colon = name.indexOf(":");
  const type = name.slice(0, colon);
  if (hash < 0) return { object: { type, id: name.slice(colon + 1) } };
  return { userset: { type, id: name.slice(colon + 1, hash), relation: name.slice(hash + 1) } };
}

/** By sequence, after one. @throws OpenFgaError validation_error */
function readFrom(graph: TupleGraph | undefined, filter: ReadRequest["tupleKey"], after: number): Iterable<GraphTuple> {
  const { user = "", relation = "", object = "" } = filter ?? {};
  if (filter !== undefined) {
    const colon = object.indexOf(":");
    if (colon <= 0 || (colon === object.length - 1 && user === "")) {
      throw validationError(
        "the 'tuple_key' field was provided but the object type field is required and both the object id and user cannot be empty",
      );
    }
  }
  if (graph === undefined) return [];
  if (object === "") return graph.after(after);
  const relationId = relation === "" ? undefined : graph.names.find(relation);
  const found: GraphTuple[] = [];
  const take = (tuple: GraphTuple): void => {
    if (tuple.sequence > after && (relationId === undefined || tuple.relation === relationId)) found.push(tuple);
  };
  if (object.endsWith(":") && object.indexOf(":") === object.length - 1) {
    const type = graph.names.find(object.slice(0, -1));
    const hash = user.indexOf("#");
    for (const tuple of graph.node(hash < 0 ? user : user.slice(0, hash))?.in ?? []) {
      if (tuple.object.type === type && graph.userOf(tuple) === user) take(tuple);
    }
  } else {
    for (let set = graph.node(object)?.out; set !== undefined; set = set.next) {
      for (const tuple of set.users) if (user === "" || graph.userOf(tuple) === user) take(tuple);
      for (const tuple of set.usersets) if (user === "" || graph.userOf(tuple) === user) take(tuple);
    }
  }
  return found.sort((a, b) => a.sequence - b.sequence);
}
