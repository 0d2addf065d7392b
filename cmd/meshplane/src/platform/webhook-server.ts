import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

/** What is answered of an admission/v1 AdmissionReview; the request is taken as it comes. */
export type AdmissionHandler = (request: never) => object | Promise<object>;

export interface WebhookServer {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

const bodyMax = 8 * 1024 * 1024;

/** Admission webhooks of the operators in this process. Loopback only: nobody but this machine's API server asks. */
export async function openWebhookServer(
  tls: { cert: string; key: string },
  handlers: Record<string, AdmissionHandler>,
  { host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {},
): Promise<WebhookServer> {
  const server = createServer(tls, (request, response) => {
    const answer = (status: number, body: string, type = "text/plain"): void => {
      response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
    };
    const path = new URL(request.url ?? "/", "https://localhost").pathname;
    const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
    if (request.method === "GET" && (path === "/healthz" || path === "/readyz")) return answer(200, "ok");
    if (!handler) return answer(404, "no such webhook\n");
    if (request.method !== "POST") return answer(405, "POST is wanted\n");
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > bodyMax) request.destroy();
      else chunks.push(chunk);
    });
    request.on("error", () => {});
    request.on("end", () => {
      void (async () => {
        try {
          const review = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { request?: unknown };
          if (typeof review.request !== "object" || review.request === null)
            return answer(400, "an AdmissionReview with a request is wanted\n");
          const response = await handler(review.request as never);
          answer(200, JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }), "application/json");
        } catch (error) {
          answer(error instanceof SyntaxError ? 400 : 500, `${error instanceof Error ? error.message : String(error)}\n`);
        }
      })();
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    url: `https://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
