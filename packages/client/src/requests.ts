import { gunzip } from "node:zlib";
import { decodeJson, encodeJson, type JsonValue } from "@meshplane/apimachinery";
import type { ClientConfig } from "./client-config.ts";
import { statusOfAnswer } from "./status-of-answer.ts";
import { TransportError } from "./transport/transport-error.ts";
import type { Transport, TransportAnswer, TransportRequest } from "./transport/transport.ts";

export interface ApiRequest {
  method: TransportRequest["method"];
  /** absolute, below the host; segments already encoded */
  path: string;
  /** undefined values are left out */
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** application/json by default */
  contentType?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

/** Longest that a server may make us wait before the next try. */
const retryAfterMaxSeconds = 60;
const defaultUserAgent = "meshplane-client";

/** What stands between a resource's verbs and a transport: headers, JSON, errors, Retry-After, warnings. */
export class Requests {
  readonly transport: Transport;
  readonly #config: ClientConfig;
  readonly #headers: Record<string, string | string[]>;

  constructor(config: ClientConfig, transport: Transport) {
    this.#config = config;
    this.transport = transport;
    this.#headers = { "user-agent": config.userAgent ?? defaultUserAgent, ...impersonation(config) };
  }

  /** The decoded answer. @throws StatusError, TransportError */
  async send(request: ApiRequest): Promise<JsonValue> {
    const bytes = await this.sendForBytes(request);
    try {
      return decodeJson(bytes).value;
    } catch (error) {
      throw new TransportError("BadAnswer", "the answer is not JSON", { cause: error });
    }
  }

  /** The answer as it came, unpacked. @throws StatusError, TransportError */
  async sendForBytes(request: ApiRequest): Promise<Uint8Array> {
    // One clock for head and body; the tries after Retry-After each have their own.
    const limitMs = request.timeoutMs ?? this.#config.timeoutMs ?? 60_000;
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => limit.abort(request.signal?.reason);
    if (request.signal?.aborted) onAbort();
    request.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const answer = await this.#open({ ...request, signal: limit.signal }, limitMs);
      timer = setTimeout(() => limit.abort(), limitMs);
      const body = await bytesOf(answer.body);
      return answer.headers["content-encoding"] === "gzip" ? await unzip(body) : body;
    } catch (error) {
      const timedOut = error instanceof TransportError && error.code === "Aborted" && timer && !request.signal?.aborted;
      if (timedOut && limit.signal.aborted) {
        throw new TransportError("Timeout", `no whole answer within ${limitMs} ms`, { cause: error });
      }
      throw error;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** An answer whose body goes on. The time limit is for its head. @throws StatusError, TransportError */
  stream(request: ApiRequest): Promise<TransportAnswer> {
    return this.#open(request, request.timeoutMs ?? this.#config.timeoutMs ?? 60_000);
  }

  async #open(request: ApiRequest, timeoutMs: number): Promise<TransportAnswer> {
    const { body, contentType = "application/json" } = request;
    const text = body === undefined ? undefined : encodeJson(body);
    const wire: TransportRequest = {
      method: request.method,
      path: request.path + queryOf(request.query),
      headers: {
        ...this.#headers,
        accept: request.accept ?? "application/json",
        ...(text === undefined ? {} : { "content-type": contentType }),
        ...(this.#config.compress === false || request.query?.["watch"] ? {} : { "accept-encoding": "gzip" }),
      },
      ...(text === undefined ? {} : { body: text }),
      signal: request.signal,
      timeoutMs,
    };
    for (let tries = 0; ; tries++) {
      const answer = await this.transport.open(wire);
      this.#warn(answer);
      if (answer.status >= 200 && answer.status < 300) return answer;
      const retryAfter = secondsOf(answer.headers["retry-after"]);
      const failed = await bytesOf(answer.body);
      const error = statusOfAnswer(answer.status, answer.headers["content-encoding"] === "gzip" ? await unzip(failed) : failed, retryAfter);
      const again = retryAfter !== undefined && (answer.status === 429 || answer.status === 503);
      if (!again || tries >= (this.#config.retries ?? 10)) throw error;
      await sleep(Math.min(retryAfter, retryAfterMaxSeconds) * 1000, request.signal);
    }
  }

  #warn({ headers }: TransportAnswer): void {
    const { onWarning } = this.#config;
    if (!onWarning || !headers["warning"]) return;
    const lines = ([] as string[]).concat(headers["warning"]);
    for (const line of lines) for (const text of warningTexts(line)) onWarning(text);
  }
}

/** `a=b&c=d` with its question mark, or nothing. */
export function queryOf(query: ApiRequest["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** Resolves after `ms`, or rejects with TransportError Aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new TransportError("Aborted", "the wait was aborted", { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const unzip = (bytes: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) =>
    gunzip(bytes, (error, plain) => {
      if (error) reject(new TransportError("BadAnswer", "the answer is not gzip, though it says so", { cause: error }));
      else resolve(plain);
    }),
  );

function secondsOf(header: string | string[] | undefined): number | undefined {
  if (typeof header !== "string" || !/^\d{1,9}$/.test(header)) return undefined;
  return Number(header);
}

/** The quoted texts of `299 - "text", 299 - "more"`. @see RFC 7234 §5.5 */
function warningTexts(header: string): string[] {
  const texts: string[] = [];
  for (let at = header.indexOf('"'); at >= 0; at = header.indexOf('"', at)) {
    let text = "";
    for (at++; at < header.length && header[at] !== '"'; at++) {
      if (header[at] === "\\") at++;
      text += header[at] ?? "";
    }
    texts.push(text);
    at++;
  }
  return texts;
}

function impersonation({ impersonate }: ClientConfig): Record<string, string | string[]> {
  if (!impersonate) return {};
  const headers: Record<string, string | string[]> = { "impersonate-user": impersonate.user };
  if (impersonate.uid) headers["impersonate-uid"] = impersonate.uid;
  if (impersonate.groups?.length) headers["impersonate-group"] = impersonate.groups;
  for (const [key, values] of Object.entries(impersonate.extra ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values;
  }
  return headers;
}
