/** Upstream's webhook: SubjectAccessReviews over HTTPS, decided as the step in process decides. @see spec platform-mesh/authz-webhook §2, §6, §7 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { decide, type DecideParts } from "../decide.ts";
import { MissedClusters, type MissOptions } from "./missed-clusters.ts";
import { type AccessReview, requestOf, ReviewError } from "./review.ts";

export interface AuthzWebhookOptions extends MissOptions {
  parts: DecideParts;
  /** serving certificate and key, PEM */
  tls: { cert: string; key: string };
  listen?: { host?: string; port?: number };
  /** which of the user's extras names the logical cluster; default `authorization.kubernetes.io/cluster-name` */
  clusterKey?: string;
  /** logical cluster of a workspace's path, for batches; undefined when it is not known */
  clusterOfPath: (path: string) => string | undefined | Promise<string | undefined>;
  /** what is wrong while it cannot decide; undefined: ready */
  notReady?: () => string | undefined;
  log: (line: string) => void;
}

export interface AuthzWebhook {
  readonly url: string;
  /** `/healthz`, `/readyz`; plain HTTP. @returns its port */
  serveHealth(host: string, port: number): Promise<number>;
  serveMetrics(host: string, port: number): Promise<number>;
  metrics(): string;
  close(): Promise<void>;
}

const bodyMax = 1 << 20;
const batchMax = 1_000;
const clusterPathKey = "authorization.kubernetes.io/cluster-path";

type Outcome = "allowed" | "no_opinion" | "errored" | "retry";

export async function openAuthzWebhook(options: AuthzWebhookOptions): Promise<AuthzWebhook> {
  const { parts, tls, listen = {}, clusterKey = "authorization.kubernetes.io/cluster-name", clusterOfPath, log } = options;
  const missed = new MissedClusters(options);
  const counts = new Map<Outcome, number>();
  const servers: Server[] = [];
  let failing = false;
  const count = (outcome: Outcome): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);

  const server = createTlsServer(tls, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log(`authz webhook: ${String(error)}`);
      if (!response.headersSent) response.writeHead(500).end();
    });
  });
  servers.push(server);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  const port = await listening(server, listen.host ?? "127.0.0.1", listen.port ?? 0);

  return {
    url: `https://${urlHost(listen.host ?? "127.0.0.1")}:${port}`,
    metrics,
    serveHealth: (host, port) =>
      plain(host, port, (path) => (path === "/healthz" ? "" : path === "/readyz" ? (options.notReady?.() ?? "") : undefined)),
    serveMetrics: (host, port) => plain(host, port, (path) => (path === "/metrics" ? "" : undefined), metrics),
    async close() {
      missed.close();
      await Promise.all(
        servers.map(
          (one) =>
            new Promise<void>((resolve) => {
              one.close(() => resolve());
              one.closeAllConnections();
            }),
        ),
      );
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "https://localhost");
    if (pathname !== "/authz" && pathname !== "/batch-authz") return end(response, 404, "text/plain", "404 page not found\n");
    if (request.method !== "POST") return end(response, 405, "text/plain", "Method Not Allowed\n");
    const body = await bodyOf(request);
    if (pathname === "/batch-authz") return batch(request, body, response);
    let review: AccessReview;
    try {
      review = parse(request, body) as AccessReview;
      const asked = requestOf(review, clusterKey);
      const answer = await decide(asked, parts);
      noteFailure(answer.failure);
      if (answer.allowed) return answerReview(response, review, { allowed: true, denied: false }, "allowed");
      if (answer.unknownCluster !== undefined && missed.again(answer.unknownCluster)) {
        count("retry");
        response.writeHead(503, { "retry-after": String(missed.afterSeconds) }).end();
        return;
      }
      const failed = answer.failure === undefined ? {} : { evaluationError: "the relationships cannot be asked" };
      return answerReview(response, review, { allowed: false, reason: "NoOpinion", ...failed }, "no_opinion");
    } catch (error) {
      if (!(error instanceof ReviewError)) throw error;
      const status = { allowed: false, reason: error.message, evaluationError: error.message };
      return answerReview(response, error.review ?? {}, status, "errored");
    }
  }

  /** Each is asked about by itself; what cannot be decided is not allowed. */
  async function batch(request: IncomingMessage, body: Buffer | undefined, response: ServerResponse): Promise<void> {
    let reviews: unknown;
    try {
      reviews = parse(request, body);
      if (!Array.isArray(reviews)) throw new ReviewError("a list of SubjectAccessReviews is wanted");
      if (reviews.length > batchMax) throw new ReviewError(`at most ${batchMax} reviews at once`);
    } catch (error) {
      if (!(error instanceof ReviewError)) throw error;
      return end(response, 400, "text/plain", `${error.message}\n`);
    }
    const results: { id: string; allowed: boolean }[] = [];
    for (const review of reviews as AccessReview[]) {
      const id = typeof review?.metadata?.name === "string" ? review.metadata.name : "";
      try {
        const asked = requestOf(review, clusterPathKey);
        const cluster = asked.cluster.includes(":") ? await clusterOfPath(asked.cluster) : asked.cluster;
        const answer = await decide({ ...asked, cluster: cluster ?? "" }, parts);
        noteFailure(answer.failure);
        count(answer.allowed ? "allowed" : "no_opinion");
        results.push({ id, allowed: answer.allowed });
      } catch {
        count("errored");
        results.push({ id, allowed: false });
      }
    }
    end(response, 200, "application/json", JSON.stringify(results));
  }

  function answerReview(response: ServerResponse, { apiVersion, metadata }: AccessReview, status: object, outcome: Outcome): void {
    count(outcome);
    const body = {
      apiVersion: apiVersion ?? "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: typeof metadata?.uid === "string" ? { uid: metadata.uid } : {},
      spec: {},
      status,
    };
    end(response, 200, "application/json", JSON.stringify(body));
  }

  /** once for each outage */
  function noteFailure(failure: string | undefined): void {
    if (failure !== undefined && !failing) log(`authz webhook: nothing is allowed, the relationships cannot be asked: ${failure}`);
    if (failure === undefined && failing) log("authz webhook: the relationships answer again");
    failing = failure !== undefined;
  }

  function metrics(): string {
    const lines = [
      "# HELP rebac_authz_webhook_requests_total Reviews by what was answered.",
      "# TYPE rebac_authz_webhook_requests_total counter",
    ];
    for (const outcome of ["allowed", "no_opinion", "errored", "retry"] as const)
      lines.push(`rebac_authz_webhook_requests_total{outcome="${outcome}"} ${counts.get(outcome) ?? 0}`);
    return `${lines.join("\n")}\n`;
  }

  async function plain(
    host: string,
    port: number,
    problemAt: (path: string) => string | undefined,
    text: () => string = () => "ok",
  ): Promise<number> {
    const one = createServer((request, response) => {
      const problem = problemAt(new URL(request.url ?? "/", "http://localhost").pathname);
      if (problem === undefined) return end(response, 404, "text/plain", "404 page not found\n");
      if (problem !== "") return end(response, 500, "text/plain", `${problem}\n`);
      end(response, 200, "text/plain; charset=utf-8", text());
    });
    servers.push(one);
    return listening(one, host, port);
  }
}

/** @throws ReviewError */
function parse(request: IncomingMessage, body: Buffer | undefined): unknown {
  const type = request.headers["content-type"] ?? "";
  if (type !== "application/json") throw new ReviewError(`contentType=${type}, expected application/json`);
  if (body === undefined) throw new ReviewError(`request body is longer than ${bodyMax} bytes`);
  if (body.length === 0) throw new ReviewError("request body is empty");
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new ReviewError(`request body cannot be read: ${(error as Error).message}`);
  }
}

/** undefined when it is too long */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyMax) chunks.push(chunk);
  }
  return size > bodyMax ? undefined : Buffer.concat(chunks);
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

async function listening(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);
