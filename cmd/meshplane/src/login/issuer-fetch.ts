import { request } from "node:https";
import { lookupLocalhost } from "@meshplane/client";
import type { CustomFetch } from "openid-client";

export interface IssuerTrust {
  /** authorities, PEM; the system's by default */
  ca: string | undefined;
  insecureSkipTlsVerify: boolean;
}

const timeoutMs = 30_000;

/** Node's own `fetch` can be told neither an authority nor where `*.localhost` is. */
export const issuerFetch =
  ({ ca, insecureSkipTlsVerify }: IssuerTrust): CustomFetch =>
  (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const call = request(url, {
        method: method ?? "GET",
        headers: Object.fromEntries(new Headers(headers)),
        agent: false,
        lookup: lookupLocalhost,
        signal: AbortSignal.timeout(timeoutMs),
        rejectUnauthorized: !insecureSkipTlsVerify,
        ...(ca ? { ca } : {}),
      });
      call.on("error", (error) => reject(new Error(`${new URL(url).origin}: ${describe(error)}`, { cause: error })));
      call.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const told = new Headers();
          for (const [name, value] of Object.entries(response.headers))
            for (const one of [value].flat()) if (one !== undefined) told.append(name, one);
          const status = response.statusCode ?? 500;
          resolve(new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers: told }));
        });
      });
      call.end(body === undefined || body === null ? undefined : String(body));
    });

function describe(error: NodeJS.ErrnoException & { errors?: unknown[] }): string {
  if (error.name === "AbortError" || error.name === "TimeoutError") return "no answer in time";
  const { code } = error;
  if (code === "ECONNREFUSED") return "connection refused; is the issuer running?";
  if (code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" || code === "SELF_SIGNED_CERT_IN_CHAIN" || code === "DEPTH_ZERO_SELF_SIGNED_CERT")
    return "its certificate is signed by an unknown authority; name it with --certificate-authority";
  return error.message || code || "unreachable";
}
