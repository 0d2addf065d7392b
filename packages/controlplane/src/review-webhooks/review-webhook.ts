import { decodeJson, encodeJson, type JsonObject } from "@meshplane/apimachinery";
import { HttpsTransport, TransportError, type ClientConfig, type Transport, type TransportAnswer } from "@meshplane/client";
import { describeNetworkError } from "../network-error.ts";

export interface ReviewWebhookOptions {
  /** of one call, its retries aside; default 30 s */
  timeoutMs?: number;
  /** before the first retry; default 500 ms */
  retryMs?: number;
  /** instead of the network, in tests */
  transport?: Transport;
}

export interface Review {
  kind: string;
  apiVersion: string;
  spec: unknown;
  /** as Go writes the kind's when nothing is in it */
  status: object;
}

/** The webhook gave no usable answer. */
export class ReviewWebhookError extends Error {}

const answerBytesMax = 3 << 20;
/** @see k8s.io/apiserver pkg/util/webhook: five attempts, each waiting half as long again */
const attemptsMax = 5;
const retryFactor = 1.5;
const retryAfterMsMax = 10_000;

/** Somebody else who answers TokenReviews or SubjectAccessReviews: upstream's webhook of a kubeconfig file. */
export class ReviewWebhook {
  readonly #transport: Transport;
  readonly #url: URL;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #retryMs: number;

  constructor(config: ClientConfig, { timeoutMs = 30_000, retryMs = 500, transport }: ReviewWebhookOptions = {}) {
    this.#transport = transport ?? new HttpsTransport(config);
    this.#url = new URL(config.server);
    this.#path = `${this.#url.pathname}?timeout=${timeoutMs / 1000}s`;
    this.#timeoutMs = timeoutMs;
    this.#retryMs = retryMs;
  }

  /**
   * Puts a question and returns the answer's `status`. What may go better the next time is tried again, an unreachable webhook is not.
   * @throws ReviewWebhookError
   */
  async ask({ kind, apiVersion, spec, status: empty }: Review): Promise<JsonObject> {
    const body = encodeJson({ kind, apiVersion, metadata: {}, spec, status: empty });
    const deadline = Date.now() + this.#timeoutMs;
    let wait = this.#retryMs;
    for (let attempt = 1; ; attempt++) {
      const { status, failure, again, afterMs } = await this.#askOnce(body);
      if (status) return status;
      const pause = Math.max(wait * (1 + Math.random() * 0.2), afterMs);
      if (!again || attempt === attemptsMax || Date.now() + pause > deadline) throw new ReviewWebhookError(failure);
      await new Promise((resolve) => setTimeout(resolve, pause));
      wait *= retryFactor;
    }
  }

  close(): void {
    this.#transport.close();
  }

  async #askOnce(body: string): Promise<{ status?: JsonObject; failure?: string; again?: boolean; afterMs: number }> {
    let answer: TransportAnswer;
    let text: Buffer;
    try {
      answer = await this.#transport.open({
        method: "POST",
        path: this.#path,
        headers: { "content-type": "application/json", accept: "application/json, */*", "user-agent": "meshplane" },
        body,
        timeoutMs: this.#timeoutMs,
      });
      text = await readAll(answer);
    } catch (error) {
      const cause = error instanceof TransportError && error.cause ? error.cause : error;
      const why =
        error instanceof TransportError && error.code === "Timeout" ? "context deadline exceeded" : describeNetworkError(cause, this.#url);
      const again = error instanceof TransportError && error.code === "ConnectionLost";
      return { failure: `Post ${JSON.stringify(`${this.#url.origin}${this.#path}`)}: ${why}`, again, afterMs: 0 };
    }
    const { status: code, headers } = answer;
    const after = Number(headers["retry-after"]);
    const afterMs = after >= 0 ? Math.min(after * 1000, retryAfterMsMax) : 0;
    if (code !== 200 && code !== 201) {
      const again = code === 500 || code === 504 || code === 429 || (headers["retry-after"] !== undefined && after >= 0);
      return { failure: `the server responded with the status code ${code} but did not return more information`, again, afterMs };
    }
    try {
      const { value } = decodeJson(text);
      const status = isObject(value) && isObject(value["status"]) ? value["status"] : undefined;
      return status ? { status, afterMs } : { failure: "the answer of the webhook has no status", afterMs };
    } catch (error) {
      return { failure: `the answer of the webhook cannot be read: ${(error as Error).message}`, afterMs };
    }
  }
}

async function readAll(answer: TransportAnswer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > answerBytesMax) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

export const reviewVersions = ["v1", "v1beta1"] as const;
export type ReviewVersion = (typeof reviewVersions)[number];
