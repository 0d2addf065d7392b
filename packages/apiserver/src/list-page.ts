import { badRequest, decodeJson, expired, failure, StatusError } from "@meshplane/apimachinery";
import { StoreError } from "@meshplane/storage";
import type { Range, Store, StoredRecord } from "@meshplane/storage";
import { everyIdentity, prefixOf } from "./registry/keys.ts";
import { garbageListResourceVersion, parseResourceVersion, requireListOptions } from "./request-options.ts";
import type { ListOptions } from "./request-options.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { Selection } from "./selection.ts";
import type { Query } from "./http/http-request.ts";
import type { KeptList, KeptLists } from "./kept-lists.ts";
import { tooLargeResourceVersion } from "./watch-hub/watch-hub.ts";
import type { WatchHub } from "./watch-hub/watch-hub.ts";

/** The items of one answer; a long list without limit comes in several slices of one snapshot. */
export interface ListPage {
  /** what all of it is true at */
  readonly revision: number;
  /** "" when nothing is left */
  readonly continue: string;
  /** undefined when it is not told */
  readonly remaining: number | undefined;
  readonly records: readonly StoredRecord[];
  /** the next slice; undefined: this was all */
  readonly next: (() => Promise<ListPage>) | undefined;
  /** items that are encoded already; then there are no records */
  readonly kept?: KeptList;
  /** takes the encoded items for the next who asks; of the first slice, those of all slices. @returns the list if it is kept now */
  readonly keep?: (items: Uint8Array) => KeptList | undefined;
}

export interface ListRequest {
  readonly definition: ResourceDefinition;
  readonly cluster: string;
  readonly namespace: string;
  readonly selection: Selection;
  readonly options: ListOptions;
  readonly query: Query | undefined;
}

const sliceSize = 500;
/** wire 61 */
const futureWaitMs = 3_000;

/** @throws StatusError 400, 410, 422, 504 (wire §7) */
export async function listPage(request: ListRequest, store: Store, hub: WatchHub, lists?: KeptLists): Promise<ListPage> {
  const { definition, cluster, namespace, options, selection } = request;
  requireListOptions(options, request.query);
  const prefix = prefixOf(definition, cluster, namespace);
  const wide = definition.storage.identity === everyIdentity;
  const token = options.continue === "" ? undefined : decodeToken(options.continue);
  const wanted = options.resourceVersion === "" ? 0 : parseResourceVersion(options.resourceVersion);
  if (wanted === undefined) throw garbageListResourceVersion(options.resourceVersion);
  if (token && wanted !== 0) throw badRequest("specifying resource version is not allowed when using continue");
  const pinned = token ? (token.revision > 0 ? token.revision : undefined) : options.resourceVersionMatch === "Exact" ? wanted : undefined;
  const floor = pinned ?? wanted;
  if (floor > hub.progress && !(await hub.reached(floor, futureWaitMs)))
    throw new StatusError(tooLargeResourceVersion(floor, hub.progress));

  // resourceVersion=0 asks for anything a cache may have, whole (wire 64)
  const limit = options.resourceVersion === "0" ? 0 : options.limit;
  // limited to an older version: the pages belong to that one
  const at = pinned ?? (limit > 0 && wanted > 0 && options.resourceVersionMatch === "" ? wanted : undefined);
  const after = token ? startOf(token.start, prefix, cluster === "*" && !definition.namespaced, wide) : undefined;
  const { filter } = selection;
  const kept = at === undefined && after === undefined && !filter ? lists?.ask(prefix, definition, limit) : undefined;
  try {
    if (kept?.items && (await isFresh(kept))) return asKept(kept);
    const page = limit > 0 ? await onePage() : await slices(at, after);
    return kept && !kept.items ? { ...page, keep: (items) => keep(kept, page, items) } : page;
  } catch (error) {
    if (error instanceof StoreError && error.code === "Compacted") throw token ? tokenExpired(token) : listExpired();
    throw error;
  }

  /** Whether this process has seen all that was committed when the request came, and the list has outlived it. */
  async function isFresh(list: KeptList): Promise<boolean> {
    const revision = await store.revision();
    if (revision > hub.progress && !(await hub.reached(revision, futureWaitMs))) return false;
    return list.current;
  }

  function asKept(list: KeptList): ListPage {
    const revision = hub.progress;
    const token = list.last === undefined ? "" : encodeToken(revision, list.last);
    return { revision, records: [], continue: token, remaining: list.remaining, next: undefined, kept: list };
  }

  function keep(list: KeptList, page: ListPage, items: Uint8Array): KeptList | undefined {
    const last = page.records.at(-1);
    list.last = page.continue === "" || !last ? undefined : startBehind(last.key);
    list.remaining = page.remaining;
    lists!.keep(list, items);
    return list.items === items ? list : undefined;
  }

  function startBehind(key: string): string {
    const relative = key.slice(prefix.length);
    return relative.replace("//", wide ? "/-/" : "/");
  }

  async function onePage(): Promise<ListPage> {
    const range = await read(at, after, limit);
    const last = range.records[range.records.length - 1];
    return {
      revision: range.revision,
      records: range.records,
      continue:
        last && (range.more || (filter && range.records.length === limit && (await isMoreBehind(last.key, range.revision))))
          ? encodeToken(range.revision, startBehind(last.key))
          : "",
      remaining: range.more && !selection.selective && !definition.restriction ? range.remaining : undefined,
      next: undefined,
    };
  }

  /** With a selector a full page does not know whether what follows matches; upstream offers to look. */
  async function isMoreBehind(key: string, revision: number): Promise<boolean> {
    return (await store.range(prefix, { after: key, limit: 1, keysOnly: true, at: revision })).records.length > 0;
  }

  async function slices(pinnedAt: number | undefined, from: string | undefined): Promise<ListPage> {
    const range = await read(pinnedAt, from, sliceSize);
    const last = range.records[range.records.length - 1];
    const next = range.more && last ? () => slices(range.revision, last.key) : undefined;
    return { revision: range.revision, records: range.records, continue: "", remaining: undefined, next };
  }

  function read(pinnedAt: number | undefined, from: string | undefined, count: number): Promise<Range> {
    return store.range(prefix, {
      limit: count,
      ...(from === undefined ? {} : { after: from }),
      ...(pinnedAt === undefined ? {} : { at: pinnedAt }),
      ...(filter ? { headerFilter: filter } : {}),
    });
  }
}

interface Token {
  /** -1: whatever is newest */
  readonly revision: number;
  readonly start: string;
}

const tokenVersion = "meta.k8s.io/v1";

const encodeToken = (revision: number, lastKey: string): string =>
  Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start: `/${lastKey}\0` })).toString("base64url");

/** @throws StatusError 400 (wire 65) */
function decodeToken(text: string): Token {
  const invalid = (why: string) => badRequest(`invalid continue token: ${why}`);
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw invalid("continue key is not valid: illegal base64 data at input byte 0");
  let token: unknown;
  try {
    token = decodeJson(Buffer.from(text, "base64url"), { maxDepth: 10 }).value;
  } catch (error) {
    throw invalid(`continue key is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { v, rv, start } = (typeof token === "object" && token !== null ? token : {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== tokenVersion) throw invalid(`server does not recognize this encoded version ${String(v ?? "")}`);
  if (typeof rv !== "number" || rv === 0 || !Number.isSafeInteger(rv))
    throw invalid(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  if (typeof start !== "string" || start === "") throw invalid(`encoded start key empty (version ${tokenVersion})`);
  const path = start.startsWith("/") ? start : `/${start}`;
  if (path.split("/").some((segment, i) => segment === "." || segment === ".." || (segment === "" && i > 0)))
    throw invalid(`continue key is not valid: ${start}`);
  return { revision: rv, start: path };
}

/** The key after which to go on. Of a wildcard over cluster-scoped objects the token leaves the empty namespace out; over all identities it is a `-`. */
function startOf(start: string, prefix: string, clusterScopedWildcard: boolean, wide: boolean): string {
  const relative = start.endsWith("\0") ? start.slice(1, -1) : start.slice(1);
  if (wide) return prefix + relative.replace(/^([^/]+\/[^/]+)\/-\//, "$1//");
  return prefix + (clusterScopedWildcard ? relative.replace("/", "//") : relative);
}

/** 410 that carries the way out: a token that continues at the newest state. */
function tokenExpired(token: Token): StatusError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata = { continue: Buffer.from(JSON.stringify({ v: tokenVersion, rv: -1, start: token.start })).toString("base64url") };
  return error;
}

const listExpired = () => expired("The resourceVersion for the provided list is too old.");

/** Upstream's 504 as an error, for a single GET that asks for a future version. */
export const futureVersion = (asked: number, current: number) => {
  const status = tooLargeResourceVersion(asked, current);
  return failure(status.code, status.reason ?? "", status.details, status.message ?? "");
};
