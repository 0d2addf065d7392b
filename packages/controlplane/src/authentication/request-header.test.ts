import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "@meshplane/apiserver";
import { requestHeaders } from "./request-header.ts";

const authenticate = requestHeaders({
  allowedNames: ["front-proxy"],
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
});
const from = (commonName: string | undefined, ...rawHeaders: string[]): HttpRequest =>
  ({
    rawHeaders,
    headers: {},
    ...(commonName === undefined ? {} : { proxyCertificate: { commonName, organizations: [] } }),
  }) as unknown as HttpRequest;

test("a front proxy says who the user is, in any spelling", () => {
  const http = from(
    "front-proxy",
    ...["x-ReMoTe-UsEr", "alice", "X-REMOTE-GROUP", "dev", "x-remote-group", "ops, system:masters", "X-Remote-Uid", "7"],
    ...[
      "X-Remote-Extra-Authentication.kcp.io%2Fscopes",
      "cluster:a,cluster:b",
      "x-remote-extra-authentication.kcp.io%2fscopes",
      "cluster:a",
    ],
  );
  assert.deepEqual(authenticate(http, ""), {
    name: "alice",
    uid: "7",
    // a comma is part of the name: it must not become another group
    groups: ["dev", "ops, system:masters", "system:authenticated"],
    extra: { "authentication.kcp.io/scopes": ["cluster:a,cluster:b", "cluster:a"] },
  });
});

test("nobody else's headers count", () => {
  const headers = ["X-Remote-User", "alice", "X-Remote-Group", "system:masters"];
  assert.equal(authenticate(from(undefined, ...headers), ""), undefined);
  assert.equal(authenticate(from("somebody", ...headers), ""), undefined);
  assert.equal(authenticate(from("front-proxy", "X-Remote-Group", "system:masters"), ""), undefined);
  assert.equal(authenticate(from("front-proxy", "X_Remote_User", "alice"), ""), undefined);
  assert.equal(authenticate(from("front-proxy", "X-Remote-User", ""), ""), undefined);
});
