import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { decodeJson, type JsonValue } from "@meshplane/apimachinery";
import { lookupLocalhost } from "@meshplane/client";
import { describeNetworkError } from "../../network-error.ts";

export interface FetchOptions {
  /** certificate authorities, PEM; the system's by default */
  ca: string | undefined;
  /** the whole exchange, redirections included */
  timeoutMs: number;
  /** of one answer */
  bytesMax: number;
}

/** Fetches a JSON document. Injected in tests. */
export type FetchJson = (url: string, options: FetchOptions) => Promise<JsonValue>;

const redirectsMax = 3;

/**
 * Of an issuer whose address a user may have chosen: HTTPS only, redirections too, bounded in time and size, and what the server said shows in no
 * message.
 * @throws Error that says what went wrong, without the answer's content
 */
export const fetchJson: FetchJson = async (url, options) => {
  const signal = AbortSignal.timeout(options.timeoutMs);
  let place = new URL(url);
  for (let redirects = 0; ; redirects++) {
    if (place.protocol !== "https:") throw new Error(`Get ${JSON.stringify(place.href)}: only https is allowed`);
    const answer = await get(place, options, signal);
    if (typeof answer === "object") return readJson(answer.body, place);
    if (redirects === redirectsMax) throw new Error(`Get ${JSON.stringify(url)}: stopped after ${redirectsMax} redirects`);
    place = new URL(answer, place);
  }
};

function readJson(body: Buffer, place: URL): JsonValue {
  try {
    return decodeJson(body).value;
  } catch {
    throw new Error(`Get ${JSON.stringify(place.href)}: the answer is no JSON`);
  }
}

/** @returns the body, or where else to look */
function get(place: URL, { ca, bytesMax }: FetchOptions, signal: AbortSignal): Promise<{ body: Buffer } | string> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new Error(`Get ${JSON.stringify(place.href)}: ${describeNetworkError(error, place)}`, { cause: error }));
    const call = request(
      place,
      // no connection is kept: documents are fetched minutes apart, and the other side may be anybody
      { agent: false, signal, lookup: lookupLocalhost, headers: { accept: "application/json" }, ...(ca ? { ca } : {}) },
      (response) => {
        response.on("error", fail);
        const { statusCode = 0, headers } = response;
        if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
          response.destroy();
          return resolve(headers.location);
        }
        if (statusCode !== 200) {
          response.destroy();
          return fail(new Error(`${statusCode} ${response.statusMessage ?? ""}`.trim()));
        }
        read(response, bytesMax, (body) => resolve({ body }), fail);
      },
    );
    call.on("error", fail);
    call.end();
  });
}

function read(response: IncomingMessage, bytesMax: number, done: (body: Buffer) => void, fail: (error: unknown) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) {
      fail(new Error("the answer is too long"));
      response.destroy();
    } else chunks.push(chunk);
  });
  response.on("end", () => done(Buffer.concat(chunks)));
  response.on("close", () => fail(new Error("unexpected EOF")));
}
