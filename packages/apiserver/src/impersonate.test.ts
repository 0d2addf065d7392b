import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "./http/http-request.ts";
import { impersonate } from "./impersonate.ts";
import type { ServerOptions } from "./server-options.ts";
import type { Target } from "./target.ts";
import type { User } from "./user.ts";

const admin: User = { name: "admin", uid: "", groups: [], extra: {} };
const options = { impersonate: (_caller: User, wanted: User) => wanted } as unknown as ServerOptions;

/** as Node gives it: joined and apart */
function http(...rawHeaders: string[]): HttpRequest {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${rawHeaders[i + 1]}` : rawHeaders[i + 1]!;
  }
  return { headers, rawHeaders } as unknown as HttpRequest;
}

const as = (...headers: string[]) => impersonate(http(...headers), admin, "root", options, {} as Target) as User;

test("each header is one value, commas and all", () => {
  assert.deepEqual(as("Impersonate-User", "zoe", "Impersonate-Group", "a, system:masters", "IMPERSONATE-GROUP", "b").groups, [
    "a, system:masters",
    "b",
    "system:authenticated",
  ]);
  assert.deepEqual(as("impersonate-user", "zoe", "Impersonate-Extra-Acme.io%2fX", "1, 2", "impersonate-extra-acme.io%2Fx", "3").extra, {
    "acme.io/x": ["1, 2", "3"],
  });
  // the first counts
  assert.equal(as("Impersonate-User", "zoe", "Impersonate-User", "root").name, "zoe");
});

test("without a user there is nobody to be", () => {
  assert.equal(as(), admin);
  assert.equal(as("Impersonate-User", ""), admin);
  assert.throws(
    () => as("Impersonate-Group", "a"),
    /requested &user\.DefaultInfo\{.*\[\]string\{"a"\}.*\} without impersonating a user name/,
  );
});
