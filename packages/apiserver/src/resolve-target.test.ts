import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "./http/http-request.ts";
import { parseQuery } from "./http/query.ts";
import { resolveTarget } from "./resolve-target.ts";
import type { ResourceTarget } from "./target.ts";
import { TextAnswer } from "./text-answer.ts";

const resolve = (method: string, path: string, query = "") =>
  resolveTarget({ method, query: parseQuery(query) } as HttpRequest, "root", path);

const cases: { method?: string; path: string; query?: string; want: Partial<ResourceTarget> }[] = [
  { path: "/api/v1/configmaps", want: { verb: "list", group: "", version: "v1", resource: "configmaps", namespace: "", name: "" } },
  { path: "/api/v1/configmaps/", want: { verb: "list", resource: "configmaps" } },
  { path: "/api/v1/configmaps", query: "watch", want: { verb: "watch" } },
  { path: "/api/v1/configmaps", query: "watch=false", want: { verb: "list" } },
  { path: "/api/v1/configmaps", query: "watch=maybe", want: { verb: "watch" } },
  { path: "/api/v1/namespaces/a/configmaps/b", query: "watch=1", want: { verb: "get", namespace: "a", resource: "configmaps", name: "b" } },
  { path: "/api/v1/namespaces/a", want: { verb: "get", namespace: "", resource: "namespaces", name: "a" } },
  {
    method: "PUT",
    path: "/api/v1/namespaces/a/finalize",
    want: { verb: "update", resource: "namespaces", name: "a", subresource: "finalize" },
  },
  { path: "/api/v1/namespaces/a/status", want: { resource: "namespaces", name: "a", subresource: "status" } },
  { path: "/api/v1/watch/namespaces/a/secrets", want: { verb: "watch", namespace: "a", resource: "secrets" } },
  { method: "POST", path: "/api/v1/namespaces/a/serviceaccounts/b/token", want: { verb: "create", name: "b", subresource: "token" } },
  { method: "DELETE", path: "/apis/example.com/v1/widgets", want: { verb: "deletecollection", group: "example.com", resource: "widgets" } },
  { path: "/apis/example.com/v1/widgets:abc", want: { resource: "widgets", identity: "abc" } },
  { path: "/api/v1/namespaces/a/configmaps/b%20c", want: { name: "b c" } },
];
for (const { method = "GET", path, query = "", want } of cases) {
  test(`${method} ${path}?${query}`, () => {
    const target = resolve(method, path, query);
    assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, target[key as keyof typeof target]])), want);
  });
}

test("what names no resource is a path", () => {
  for (const path of ["/", "/api", "/api/v1", "/apis", "/apis/g/v1", "/version", "/openapi/v3/api/v1"])
    assert.equal(resolve("GET", path).kind, "nonResource");
});

test("paths that are not clean are sent elsewhere or nowhere", () => {
  const codeOf = (path: string): number => {
    try {
      resolve("GET", path);
    } catch (error) {
      if (error instanceof TextAnswer) return error.code;
    }
    return 0;
  };
  assert.equal(codeOf("//api/v1"), 404);
  assert.equal(codeOf("/api/v1//configmaps"), 307);
  assert.equal(codeOf("/api/v1/../x"), 307);
  assert.equal(codeOf("/a/%2e%2e/b"), 307);
  assert.equal(codeOf("/api/%zz"), 400);
  assert.equal(codeOf("/a".repeat(100)), 404);
});
