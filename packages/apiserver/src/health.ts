import { headersOf } from "./answer.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import type { CollectingContext } from "./resource-request.ts";
import type { Server } from "./server.ts";
import { pageNotFound } from "./text-answer.ts";

const probes = new Set(["livez", "readyz", "healthz"]);

/** wire 10 @throws TextAnswer 404 for an unknown check */
export function serveHealth(http: HttpRequest, path: string, server: Server, context: CollectingContext): HttpResponse | undefined {
  const [, probe, check, ...more] = path.split("/");
  if (!probe || !probes.has(probe) || more.length > 0) return undefined;
  const results = resultsOf(probe, server);
  if (check) {
    if (!results.has(check)) throw pageNotFound();
    const wrong = results.get(check);
    return text(wrong === undefined ? 200 : 500, wrong === undefined ? "ok" : `internal server error: ${wrong}`, context);
  }
  const excluded = http.query.get("exclude");
  const lines: string[] = [];
  let failed = false;
  for (const [name, wrong] of results) {
    if (name === excluded) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    if (wrong !== undefined) failed = true;
    lines.push(wrong === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`);
  }
  if (failed) return text(500, `${lines.join("\n")}\n${probe} check failed\n`, context);
  return text(200, http.query.has("verbose") ? `${lines.join("\n")}\n${probe} check passed\n` : "ok", context);
}

/** undefined means well */
function resultsOf(probe: string, server: Server): Map<string, string | undefined> {
  const results = new Map<string, string | undefined>([
    ["ping", undefined],
    ["log", undefined],
    ["etcd", server.health.started ? undefined : "the store is not open yet"],
  ]);
  if (probe === "livez") return results;
  if (probe === "readyz") results.set("shutdown", server.health.draining ? "the server is shutting down" : undefined);
  for (const [name, check] of server.health.checks) results.set(name, check());
  return results;
}

const text = (status: number, body: string, context: CollectingContext): HttpResponse => ({
  status,
  headers: { ...headersOf(context.auditId, "text/plain; charset=utf-8"), "x-content-type-options": "nosniff" },
  body,
});
