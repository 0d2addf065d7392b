import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "@meshplane/apimachinery";
import type { HttpRequest, NonResourceTarget } from "@meshplane/apiserver";
import { Metrics } from "./metrics.ts";

const target = (cluster: string): NonResourceTarget => ({ kind: "nonResource", verb: "get", cluster, path: "/metrics" });
const http = (path: string, query = "") =>
  ({ path, query: { text: query, get: (name: string) => new URLSearchParams(query).get(name) ?? undefined } }) as HttpRequest;

test("requests are counted by what was asked, not by whom or where", () => {
  const metrics = new Metrics(() => 1_020);
  const context = { received: 1_000 } as Parameters<Metrics["observe"]>[0]["context"];
  const list = {
    kind: "resource",
    verb: "list",
    cluster: "abc",
    group: "",
    version: "v1",
    resource: "configmaps",
    namespace: "n",
    name: "",
    subresource: "",
  };
  for (let i = 0; i < 3; i++) metrics.observe({ context, status: 200, target: list as never, http: http("/x") });
  const { body } = metrics.serve(http("/metrics"), target(""))!;
  assert.match(
    String(body),
    /apiserver_request_total\{code="200",group="",resource="configmaps",subresource="",verb="LIST",version="v1"\} 3/,
  );
  assert.match(String(body), /apiserver_request_duration_seconds_bucket\{[^}]*le="0.01"\} 0/);
  assert.match(String(body), /apiserver_request_duration_seconds_bucket\{[^}]*le="0.025"\} 3/);
  assert.doesNotMatch(String(body), /abc/);
  metrics.observe({ context, status: 200, target: list as never, http: http("/x", "resourceVersion=0") });
  const later = metrics.serve(http("/metrics"), target(""))!;
  assert.match(String(later.body), /^apiserver_cache_list_total\{group="",index="",resource="configmaps"\} 1$/m);
});

test("a workspace has no metrics", () => {
  const metrics = new Metrics(Date.now);
  assert.throws(
    () => metrics.serve(http("/clusters/root/metrics"), target("root")),
    (error) => error instanceof StatusError && error.code === 501,
  );
});

test("strangers' resources make no series of their own", () => {
  const metrics = new Metrics(Date.now);
  const context = { received: 0 } as Parameters<Metrics["observe"]>[0]["context"];
  for (let i = 0; i < 5_000; i++)
    metrics.observe({
      context,
      status: 404,
      target: { kind: "resource", verb: "get", resource: `r${i}`, group: "g", version: "v1", subresource: "" } as never,
      http: http("/x"),
    });
  const { body } = metrics.serve(http("/metrics"), target(""))!;
  assert.ok(String(body).length < 20_000);
});
