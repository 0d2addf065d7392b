import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "@meshplane/apimachinery";
import { noOpinion, surfaceOf, type HttpRequest } from "@meshplane/apiserver";
import { KcpFrontDoor } from "./front-door.ts";
import type { PathIndex } from "./logical-clusters/path-index.ts";

const clusters: Record<string, { inactive: boolean }> = { root: { inactive: false }, c1: { inactive: false }, asleep: { inactive: true } };
const mounts: Record<string, string | undefined> = {
  "root:near": "https://here:6443/clusters/root:org/",
  "root:view": "https://here:6443/services/view/a",
  "root:far": "https://elsewhere/api",
  "root:asked": "https://here:6443/clusters/root?x=y",
  "root:self": "https://here:6443/clusters/root:self",
};
const door = new KcpFrontDoor({
  paths: {
    get: (cluster: string) => clusters[cluster],
    resolve: (path: string) =>
      path === "root:org"
        ? { kind: "cluster", cluster: "c1" }
        : path === "root:broken"
          ? { kind: "unavailable" }
          : mounts[path] !== undefined
            ? { kind: "mount", url: mounts[path] }
            : undefined,
  } as unknown as PathIndex,
  surfaces: () => surfaceOf("all", []),
  identitySurfaces: () => () => surfaceOf("identity", []),
  metadataSurfaces: () => () => surfaceOf("identity", []),
  authorize: () => noOpinion(""),
  homes: undefined,
  proxy: async () => ({ status: 200, headers: {}, body: "proxied" }),
  ownOrigins: ["https://here:6443"],
});
door.mount({
  name: "view",
  resolve: (_http, rest) => ({
    cluster: "view",
    path: rest,
    surfaces: () => surfaceOf("view", []),
    authorize: () => noOpinion(""),
    virtual: true,
  }),
});

const token = `x.${Buffer.from(JSON.stringify({ "kubernetes.io": { clusterName: "c1" } })).toString("base64url")}.y`;

const cases: { url: string; token?: string; cluster?: string; path?: string; status?: number; message?: string }[] = [
  { url: "/clusters/root/api/v1/pods", cluster: "root", path: "/api/v1/pods" },
  { url: "/clusters/root", cluster: "root", path: "/" },
  { url: "/clusters/root:org/apis", cluster: "c1", path: "/apis" },
  { url: "/clusters/*/api/v1/pods", cluster: "*", path: "/api/v1/pods" },
  { url: "/clusters/nosuchname/api", cluster: "nosuchname", path: "/api" },
  { url: "/clusters/system:admin/api", cluster: "system:admin", path: "/api" },
  { url: "/clusters/root/clusters/x/api", cluster: "root", path: "/clusters/x/api" },
  { url: "/clusters/", cluster: "", path: "/" },
  { url: "/version", cluster: "", path: "/version" },
  { url: "/api/v1/pods", token, cluster: "c1", path: "/api/v1/pods" },
  { url: "/services/view/a/b", cluster: "view", path: "/a/b" },
  { url: "/clusters/root:nosuch/api", status: 404, message: 'workspaces.tenancy.kcp.io "root:nosuch" not found' },
  { url: "/clusters/UPPER/api", status: 400, message: 'invalid cluster: "UPPER" does not match the regex' },
  { url: "/clusters/root::x/api", status: 400, message: 'invalid cluster: "root::x" does not match the regex' },
  {
    url: "/clusters/asleep/api/v1/pods",
    status: 403,
    message: 'logicalclusters.core.kcp.io "asleep" is forbidden: logical cluster is marked inactive',
  },
  { url: "/clusters/asleep/apis/core.kcp.io/v1alpha1/logicalclusters/cluster", cluster: "asleep" },
  { url: "/clusters/root:broken/api", status: 503 },
  { url: "/clusters/root:near/api/v1", cluster: "c1", path: "/api/v1" },
  { url: "/clusters/root:view/b", cluster: "view", path: "/a/b" },
  { url: "/clusters/root:far/api", status: 200 },
  { url: "/clusters/root:asked/api", status: 200 },
  { url: "/clusters/root:self/api", status: 508 },
];

for (const { url, token: bearer, cluster, path, status, message } of cases)
  test(`${url}${bearer ? " with a service account's token" : ""}`, async () => {
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    const http = { method: "GET", path: url, headers } as unknown as HttpRequest;
    try {
      const answer = await door.resolve(http);
      if ("status" in answer) assert.equal(answer.status, status);
      else {
        assert.equal(status, undefined);
        assert.equal(answer.cluster, cluster);
        if (path !== undefined) assert.equal(answer.path, path);
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      assert.equal(error.code, status);
      assert.equal(error.message, message);
    }
  });
