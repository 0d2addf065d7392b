import { randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { copyJson, decodeJson, encodeJson, equalJson, internalError, type KubeObject } from "@meshplane/apimachinery";
import type { CrdConversion } from "../crd/crd.ts";

/** @see k8s.io/apiextensions-apiserver apiserver/conversion/webhook_converter.go */
const timeoutMs = 30_000;
const responseBytesMax = 64 << 20;
/** Objects that are converted at the same time share a request. */
const batchMax = 500;

/** POSTs a body to a webhook and answers its JSON. Injected in tests. */
export type PostJson = (url: string, body: string, caBundle: string | undefined) => Promise<unknown>;

interface Waiting {
  object: KubeObject;
  resolve: (object: KubeObject) => void;
  reject: (error: unknown) => void;
}

/**
 * Converts objects by a webhook. Calls of one moment are sent together: a list of a thousand objects is two requests.
 * @returns a function that gets an object (kept as it is) and the apiVersion it should have. @throws StatusError 500
 */
export function webhookConverter(
  conversion: CrdConversion,
  what: string,
  post: PostJson = postJson,
): (object: KubeObject, apiVersion: string) => Promise<KubeObject> {
  const waiting = new Map<string, Waiting[]>();

  return (object, apiVersion) => {
    if (object.apiVersion === apiVersion) return Promise.resolve(object);
    return new Promise((resolve, reject) => {
      const queue = waiting.get(apiVersion);
      if (queue) queue.push({ object, resolve, reject });
      else {
        waiting.set(apiVersion, [{ object, resolve, reject }]);
        setImmediate(() => void flush(apiVersion));
      }
    });
  };

  async function flush(apiVersion: string): Promise<void> {
    const all = waiting.get(apiVersion)!;
    waiting.delete(apiVersion);
    for (let from = 0; from < all.length; from += batchMax) {
      const batch = all.slice(from, from + batchMax);
      try {
        const converted = await convert(
          batch.map(({ object }) => object),
          apiVersion,
        );
        batch.forEach(({ resolve }, i) => resolve(converted[i]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async function convert(objects: KubeObject[], apiVersion: string): Promise<KubeObject[]> {
    const { url, caBundle } = conversion.webhook?.clientConfig ?? {};
    const fail = (why: string) => internalError(`conversion webhook for ${objects[0]!.apiVersion}, Kind=${what} failed: ${why}`);
    if (!url) throw fail("webhooks that refer to services are not supported, please use URL instead");
    const uid = randomUUID();
    const version = conversion.webhook?.conversionReviewVersions?.find((each) => each === "v1" || each === "v1beta1") ?? "v1";
    const review = {
      kind: "ConversionReview",
      apiVersion: `apiextensions.k8s.io/${version}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    let answer: unknown;
    try {
      answer = await post(url, encodeJson(review), caBundle);
    } catch (error) {
      throw fail(`Post ${JSON.stringify(`${url}?timeout=30s`)}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const converted = requireConverted(answer, uid, objects.length, fail);
    return converted.map((object, i) => restoreMetadata(object, objects[i]!, apiVersion, fail));
  }
}

type Fail = (why: string) => Error;

function requireConverted(answer: unknown, uid: string, count: number, fail: Fail): KubeObject[] {
  const response = (answer as { response?: unknown } | null)?.response as
    | { uid?: string; convertedObjects?: unknown; result?: { status?: string; message?: string } }
    | undefined;
  if (!response) throw fail("invalid response: no response");
  if (response.uid !== uid)
    throw fail(`invalid response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  if (response.result?.status !== "Success") throw fail(response.result?.message || "response.result.status was not Success");
  const { convertedObjects } = response;
  if (!Array.isArray(convertedObjects) || convertedObjects.length !== count) {
    throw fail(
      `invalid response: expected ${count} converted objects, got ${Array.isArray(convertedObjects) ? convertedObjects.length : 0}`,
    );
  }
  return convertedObjects as KubeObject[];
}

/** A webhook may change labels and annotations; the rest of metadata is not its own. */
function restoreMetadata(converted: KubeObject, original: KubeObject, apiVersion: string, fail: Fail): KubeObject {
  if (typeof converted !== "object" || converted === null) throw fail("invalid converted object");
  if (converted.apiVersion !== apiVersion)
    throw fail(`invalid converted object: expected apiVersion ${apiVersion}, got ${String(converted.apiVersion)}`);
  if (converted.kind !== original.kind)
    throw fail(`invalid converted object: expected kind ${original.kind}, got ${String(converted.kind)}`);
  const { metadata } = converted;
  if (typeof metadata !== "object" || metadata === null) throw fail("invalid metadata of type null in converted object");
  for (const field of ["name", "namespace", "uid"] as const) {
    if (!equalJson(metadata[field], original.metadata[field])) throw fail(`invalid metadata in converted object: ${field} must not change`);
  }
  const { labels, annotations } = metadata;
  converted.metadata = copyJson(original.metadata);
  if (labels === undefined) delete converted.metadata.labels;
  else converted.metadata.labels = labels;
  if (annotations === undefined) delete converted.metadata.annotations;
  else converted.metadata.annotations = annotations;
  return converted;
}

/** HTTPS only, with the given authorities or the system's. @throws Error when there is no proper answer in time */
const postJson: PostJson = (url, body, caBundle) =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    if (target.protocol !== "https:") {
      reject(new Error("only https is allowed"));
      return;
    }
    target.searchParams.set("timeout", "30s");
    const call = httpsRequest(
      target,
      {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(caBundle ? { ca: Buffer.from(caBundle, "base64") } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > responseBytesMax) call.destroy(new Error("response is too large"));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode !== 200) reject(new Error(`the server answered ${response.statusCode}`));
          else {
            try {
              resolve(decodeJson(Buffer.concat(chunks)).value);
            } catch (error) {
              reject(error);
            }
          }
        });
      },
    );
    call.on("error", reject);
    call.end(body);
  });
