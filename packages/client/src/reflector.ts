import { StatusError, type KubeObject } from "@meshplane/apimachinery";
import type { ResourceClient } from "./object-client.ts";
import { listAll } from "./pages.ts";
import { sleep } from "./requests.ts";
import { TransportError } from "./transport/transport-error.ts";

/** What a reflector tells. Calls come one after another, in the order of the history. */
export interface ReflectorSink<T extends KubeObject> {
  /** exactly these exist now; what was told before and is not among them is gone */
  replace(objects: T[], resourceVersion: string): void;
  upsert(object: T): void;
  /** as it was last; it is gone */
  remove(object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  resource: ResourceClient<T>;
  sink: ReflectorSink<T>;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** start by a watch that sends what exists first, where the server can; true by default */
  watchList?: boolean;
  /** a stream on which nothing came for so long, not even a bookmark, is cut and resumed; 3 minutes by default */
  silenceMaxMs?: number;
  /** first and longest wait after a failure; 800 ms and 30 s by default */
  backOffMinMs?: number;
  backOffMaxMs?: number;
  /** each failure, before the wait. The reflector goes on by itself. */
  onError?: (error: unknown) => void;
  /** 0 ≤ x < 1, for jitter */
  random?: () => number;
}

const initialEventsEnd = "k8s.io/initial-events-end";
/** Servers end watches by themselves after a random time between these, so that their load moves. */
const watchSecondsMin = 300;
const watchSecondsMax = 600;
/** A stream that the server should have ended, and has not. */
const overdueMs = 30_000;
/** After so long without a failure the next one waits the first wait again. */
const healthyMs = 120_000;

/**
 * Tells a sink what exists and then every change, for ever: streams that end, break, fall silent or expire are taken up again, from the last
 * resourceVersion wherever the server still knows it, else by one new list.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #synced = Promise.withResolvers<void>();
  #resourceVersion: string | undefined;
  #watchList: boolean;
  #hasSynced = false;
  /** how often everything was asked for, and how often a stream was opened */
  readonly counts = { lists: 0, watches: 0 };
  /** the last failure, until something works again */
  lastError: unknown;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#watchList = options.watchList ?? true;
    this.#synced.promise.catch(() => {});
  }

  /** Resolves with the first `replace`; rejects when `run` ends before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** up to where the sink knows the history; undefined before the first list and after an expiry */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { backOffMinMs = 800, backOffMaxMs = 30_000, random = Math.random, onError } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const started = performance.now();
      let waitMs = 0;
      try {
        await this.#once(signal);
        this.lastError = undefined;
        // A server that ends streams as soon as they begin must not be asked in a tight loop.
        const lived = performance.now() - started;
        failures = lived < 1000 ? failures + 1 : 0;
        if (failures > 1) waitMs = backOff(failures - 1);
      } catch (error) {
        if (signal.aborted) break;
        failures = performance.now() - started > healthyMs ? 1 : failures + 1;
        this.lastError = error;
        onError?.(error);
        if (isExpired(error)) {
          this.#resourceVersion = undefined;
          if (failures > 1) waitMs = backOff(failures - 1);
        } else waitMs = Math.max(backOff(failures), retryAfterMs(error));
      }
      if (waitMs > 0) await sleep(waitMs, signal).catch(() => {});
    }
    if (!this.#hasSynced) this.#synced.reject(new TransportError("Aborted", "stopped before the first list"));

    /** Half of it fixed, half by chance. */
    function backOff(count: number): number {
      const full = Math.min(backOffMaxMs, backOffMinMs * 2 ** Math.min(count - 1, 20));
      return full * (0.5 + random() / 2);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    if (this.#resourceVersion === undefined && !this.#watchList) await this.#list();
    if (signal.aborted) return;
    try {
      await this.#watch(signal);
    } catch (error) {
      // Servers before 1.27 refuse the parameter; some views cannot. Listing works everywhere.
      if (this.#resourceVersion !== undefined || !this.#watchList || !refusesWatchList(error)) throw error;
      this.#watchList = false;
      await this.#once(signal);
    }
  }

  async #list(): Promise<void> {
    const { resource, sink } = this.#options;
    this.counts.lists++;
    const { items, resourceVersion } = await listAll(resource, this.#selection());
    sink.replace(items, resourceVersion);
    this.#arrived(resourceVersion);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { resource, sink, silenceMaxMs = 180_000, random = Math.random } = this.#options;
    const seconds = Math.round(watchSecondsMin + random() * (watchSecondsMax - watchSecondsMin));
    const stream = new AbortController();
    const stop = () => stream.abort();
    signal.addEventListener("abort", stop, { once: true });
    let silence: NodeJS.Timeout | undefined;
    let tooLong: TransportError | undefined;
    const cut = (why: string) => {
      tooLong = new TransportError("Timeout", why);
      stream.abort();
    };
    const overdue = setTimeout(() => cut("the server did not end its watch"), seconds * 1000 + overdueMs);
    silence = setTimeout(() => cut(`nothing came for ${silenceMaxMs} ms`), silenceMaxMs);

    const from = this.#resourceVersion;
    // What exists, until the bookmark that says that this was all.
    let initial: Map<string, T> | undefined = from === undefined ? new Map() : undefined;
    if (initial) this.counts.lists++;
    this.counts.watches++;
    const events = resource.watch({
      ...this.#selection(),
      allowWatchBookmarks: true,
      timeoutSeconds: seconds,
      signal: stream.signal,
      ...(from === undefined ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" as const } : { resourceVersion: from }),
    });
    try {
      for await (const { type, object } of events) {
        silence.refresh();
        const { resourceVersion } = object.metadata;
        if (initial) {
          if (type === "BOOKMARK") {
            if (object.metadata.annotations?.[initialEventsEnd] !== "true") continue;
            sink.replace([...initial.values()], resourceVersion ?? "");
            initial = undefined;
          } else {
            const key = `${object.metadata.annotations?.["kcp.io/cluster"] ?? ""}|${object.metadata.namespace ?? ""}/${object.metadata.name}`;
            if (type === "DELETED") initial.delete(key);
            else initial.set(key, object);
            continue;
          }
        } else if (type === "ADDED" || type === "MODIFIED") sink.upsert(object);
        else if (type === "DELETED") sink.remove(object);
        // Only now: a sink that throws makes us resume before this event.
        if (resourceVersion) this.#arrived(resourceVersion);
      }
      if (tooLong) throw tooLong;
      if (initial && !signal.aborted) {
        throw new TransportError("ConnectionLost", "the watch ended before it had sent all that exists");
      }
    } catch (error) {
      throw tooLong ?? error;
    } finally {
      clearTimeout(silence);
      clearTimeout(overdue);
      signal.removeEventListener("abort", stop);
    }
  }

  #arrived(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.lastError = undefined;
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  #selection() {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace ? { namespace } : {}),
      ...(labelSelector ? { labelSelector } : {}),
      ...(fieldSelector ? { fieldSelector } : {}),
    };
  }
}

/** The server no longer knows where we are, or never came so far (restored from a backup). */
function isExpired(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  const causes = error.status.details?.causes ?? [];
  return error.code === 410 || error.reason === "Expired" || causes.some(({ reason }) => reason === "ResourceVersionTooLarge");
}

const refusesWatchList = (error: unknown): boolean =>
  error instanceof StatusError && (error.code === 422 || error.code === 400 || error.code === 405);

const retryAfterMs = (error: unknown): number => (error instanceof StatusError ? (error.status.details?.retryAfterSeconds ?? 0) * 1000 : 0);
