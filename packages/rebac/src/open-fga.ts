import type { AuthorizationModel } from "./model/authorization-model.ts";

/** Plain JSON, as a condition's context holds it. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Context = { [name: string]: Json };

/** `user` is an object (`user:anne`), a userset (`group:eng#member`) or a typed wildcard (`user:*`). */
export interface TupleKey {
  user: string;
  relation: string;
  object: string;
  condition?: { name: string; context?: Context };
}

export interface Tuple {
  key: TupleKey;
  /** RFC 3339, UTC */
  timestamp: string;
}

export interface Store {
  id: string;
  name: string;
  createdAt: string;
  updatedAt: string;
}

/** At most 100 a page, 50 unless told. The empty token marks the last page; `readChanges` alone always gives one. */
export interface Paging {
  pageSize?: number;
  continuationToken?: string;
}

/** Every call about one store. Without a model id it is the store's newest model that counts. */
export interface InStore {
  storeId: string;
}
export interface WithModel extends InStore {
  authorizationModelId?: string;
}

/** A question of its own. Contextual tuples (at most 100) count as stored, for this question only. */
export interface CheckRequest extends WithModel {
  user: string;
  relation: string;
  object: string;
  contextualTuples?: readonly TupleKey[];
  /** for conditions; what is stored with a tuple wins */
  context?: Context;
}

export interface CheckResponse {
  allowed: boolean;
  /** the model that decided */
  authorizationModelId: string;
}

export interface BatchCheckRequest extends WithModel {
  /** 1 to 50, each with a correlation id of its own */
  checks: readonly (Omit<CheckRequest, keyof WithModel> & { correlationId: string })[];
}

export interface BatchCheckResponse {
  /** by correlation id */
  result: Map<string, { allowed: boolean } | { error: import("./errors.ts").OpenFgaError }>;
  authorizationModelId: string;
}

export interface WriteRequest extends WithModel {
  writes?: readonly TupleKey[];
  deletes?: readonly TupleKey[];
  /** what a tuple that is already there does: fail the whole request (the default), or nothing when its condition is the same */
  onDuplicate?: "error" | "ignore";
  /** what deleting a tuple that is not there does */
  onMissing?: "error" | "ignore";
}

export interface ReadRequest extends InStore, Paging {
  /** nothing: every tuple. Otherwise the object's type is required (`folder:` for all of a type) and an object id or a user. */
  tupleKey?: { user?: string; relation?: string; object?: string };
}

export interface ListObjectsRequest extends WithModel {
  type: string;
  relation: string;
  user: string;
  contextualTuples?: readonly TupleKey[];
  context?: Context;
}

export interface ListUsersRequest extends WithModel {
  object: { type: string; id: string };
  relation: string;
  /** exactly one */
  userFilters: readonly { type: string; relation?: string }[];
  contextualTuples?: readonly TupleKey[];
  context?: Context;
}

export type ListedUser =
  | { object: { type: string; id: string } }
  | { userset: { type: string; id: string; relation: string } }
  | { wildcard: { type: string } };

export interface ExpandRequest extends WithModel {
  relation: string;
  object: string;
  contextualTuples?: readonly TupleKey[];
}

export interface UsersetTree {
  root: UsersetTreeNode;
}

export interface UsersetTreeNode {
  /** `object#relation` of the question */
  name: string;
  leaf?:
    | { users: { users: string[] } }
    | { computed: { userset: string } }
    | { tupleToUserset: { tupleset: string; computed: { userset: string }[] } };
  union?: { nodes: UsersetTreeNode[] };
  intersection?: { nodes: UsersetTreeNode[] };
  difference?: { base: UsersetTreeNode; subtract: UsersetTreeNode };
}

export interface TupleChange {
  tupleKey: TupleKey;
  operation: "TUPLE_OPERATION_WRITE" | "TUPLE_OPERATION_DELETE";
  timestamp: string;
}

export interface ReadChangesRequest extends InStore, Paging {
  /** only objects of this type */
  type?: string;
  /** RFC 3339; a token takes precedence */
  startTime?: string;
}

export interface Assertion {
  tupleKey: { user: string; relation: string; object: string };
  expectation: boolean;
  contextualTuples?: readonly TupleKey[];
  context?: Context;
}

/** Why a question is answered as it is. */
export interface Explanation {
  allowed: boolean;
  /**
   * Allowed: the tuples that lead from the user to the object, the user's first; none when the question answers itself (`o#r` in `o#r`).
   * Contextual tuples are marked.
   */
  path: readonly (TupleKey & { contextual?: boolean })[];
  /**
   * Denied: what would have granted it, from the object outwards: each is a relation looked at on an object, with how many users it was
   * found to have. At most 50.
   */
  missing: readonly { object: string; relation: string; users: number; why: string }[];
}

/** What changed in a store. `writes` and `deletes` are in the order of the change log. */
export interface StoreChange {
  storeId: string;
  kind: "tuples" | "model" | "store";
  writes: readonly TupleKey[];
  deletes: readonly TupleKey[];
}

/** An answer that may be there at once: the embedded engine answers questions without a promise. `await` takes both. */
export type Answer<T> = T | Promise<T>;

/**
 * OpenFGA's API in process. Methods, words and failures are OpenFGA's; the embedded engine and a client of a real server both are one.
 * Every method throws `OpenFgaError` (at once or by rejecting). A question asked after a write was acknowledged sees it.
 *
 * @see https://openfga.dev/api/service
 */
export interface OpenFga {
  createStore(request: { name: string }): Answer<Store>;
  /** Oldest first; `name` matches whole. */
  listStores(request?: Paging & { name?: string }): Answer<{ stores: Store[]; continuationToken: string }>;
  getStore(request: InStore): Answer<Store>;
  /** Also for a store that never was. */
  deleteStore(request: InStore): Answer<void>;

  /** Always a new id, even for the same content. */
  writeAuthorizationModel(request: InStore & { model: Omit<AuthorizationModel, "id"> }): Answer<{ authorizationModelId: string }>;
  readAuthorizationModel(request: InStore & { id: string }): Answer<AuthorizationModel>;
  /** Newest first. */
  readAuthorizationModels(request: InStore & Paging): Answer<{ authorizationModels: AuthorizationModel[]; continuationToken: string }>;

  /** All or nothing; durable when it returns. Deletes come before writes. */
  write(request: WriteRequest): Answer<{ authorizationModelId: string }>;
  /** Stored tuples by insertion; no evaluation. */
  read(request: ReadRequest): Answer<{ tuples: Tuple[]; continuationToken: string }>;
  readChanges(request: ReadChangesRequest): Answer<{ changes: TupleChange[]; continuationToken: string }>;

  check(request: CheckRequest): Answer<CheckResponse>;
  batchCheck(request: BatchCheckRequest): Answer<BatchCheckResponse>;
  expand(request: ExpandRequest): Answer<{ tree: UsersetTree; authorizationModelId: string }>;
  /** At most 1 000, silently. */
  listObjects(request: ListObjectsRequest): Answer<{ objects: string[]; authorizationModelId: string }>;
  /** No limit on how many. */
  streamedListObjects(request: ListObjectsRequest): AsyncIterable<string>;
  listUsers(request: ListUsersRequest): Answer<{ users: ListedUser[]; authorizationModelId: string }>;

  writeAssertions(request: InStore & { authorizationModelId: string; assertions: readonly Assertion[] }): Answer<void>;
  readAssertions(request: InStore & { authorizationModelId: string }): Answer<{ authorizationModelId: string; assertions: Assertion[] }>;

  close(): Promise<void>;
}

/** The embedded engine answers more than the API asks. */
export interface EmbeddedOpenFga extends OpenFga {
  check(request: CheckRequest): CheckResponse;
  batchCheck(request: BatchCheckRequest): BatchCheckResponse;
  /** Slower than `check`: it looks for the shortest way to say why. */
  explain(request: CheckRequest): Explanation;
  /**
   * Called after every change of one store ("all": of any), once it is durable and visible, before the writer hears. Errors of the listener
   * are its own.
   * @returns ends it
   */
  onChange(storeId: string | "all", listener: (change: StoreChange) => void): () => void;
}
