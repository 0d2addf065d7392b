import { Agent, request as httpsRequest } from "node:https";
import { decodeJson, encodeJson } from "@meshplane/apimachinery";
import { describeNetworkError } from "../network-error.ts";
import type { Webhook } from "./hook-kinds.ts";

/** admission.k8s.io/v1 AdmissionResponse. */
export interface ReviewResponse {
  uid?: string;
  allowed?: boolean;
  status?: { status?: string; message?: string; reason?: string; code?: number; details?: unknown };
  /** base64 */
  patch?: string;
  patchType?: string;
  warnings?: string[];
  auditAnnotations?: Record<string, string>;
}

/** The webhook gave no usable answer; the message is worded as upstream's. */
export class WebhookCallError extends Error {}

const answerBytesMax = 8 << 20;
const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 60_000 });

/**
 * Sends an AdmissionReview and reads the answer.
 * @throws WebhookCallError
 */
export async function callWebhook(
  { name, clientConfig, timeoutSeconds = 10 }: Webhook,
  review: Record<string, unknown>,
): Promise<ReviewResponse> {
  const uid = review["uid"] as string;
  if (!clientConfig.url) throw new WebhookCallError("failed to call webhook: there are no services here, give a url");
  const url = new URL(clientConfig.url);
  url.searchParams.set("timeout", `${timeoutSeconds}s`);
  const body = encodeJson({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: review });
  let text: string;
  try {
    text = await post(url, body, clientConfig.caBundle, timeoutSeconds * 1000);
  } catch (error) {
    throw new WebhookCallError(`failed to call webhook: Post ${JSON.stringify(url.href)}: ${describeNetworkError(error, url)}`);
  }
  let response: ReviewResponse | undefined;
  try {
    const answer = decodeJson(text).value as { response?: ReviewResponse } | null;
    response = answer?.response;
  } catch (error) {
    throw new WebhookCallError(`failed to call webhook: ${(error as Error).message}`);
  }
  if (!response) throw new WebhookCallError("webhook response was absent");
  if (response.uid !== uid) {
    throw new WebhookCallError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")} from ${name}`);
  }
  return response;
}

function post(url: URL, body: string, caBundle: string | undefined, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      url,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          accept: "application/json, */*",
          "content-length": Buffer.byteLength(body),
        },
        ...(caBundle ? { ca: Buffer.from(caBundle, "base64") } : {}),
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.byteLength;
          if (bytes > answerBytesMax) request.destroy(new Error("the answer is too long"));
        });
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200 || response.statusCode === 201) resolve(text);
          else reject(new Error(`the server responded with the status code ${response.statusCode} but did not return more information`));
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
