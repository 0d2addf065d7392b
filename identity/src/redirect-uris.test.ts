import assert from "node:assert/strict";
import { test } from "node:test";
import { redirectAllowed } from "./redirect-uris.ts";

const cases: { pattern: string; yes: string[]; no: string[] }[] = [
  {
    pattern: "https://acme.portal.localhost:8443/*",
    yes: ["https://acme.portal.localhost:8443/", "https://acme.portal.localhost:8443", "https://acme.portal.localhost:8443/a/b?c=d"],
    no: [
      "https://acme.portal.localhost:8443@evil.example/",
      "https://acme.portal.localhost:8443.evil.example/",
      "http://acme.portal.localhost:8443/",
      "https://user@acme.portal.localhost:8443/",
      "https://acme.portal.localhost:8443/#f",
      "https://acme.portal.localhost:8443\\@evil.example/",
    ],
  },
  {
    pattern: "https://portal.localhost:8443/callback*",
    yes: ["https://portal.localhost:8443/callback", "https://portal.localhost:8443/callback?x=y"],
    no: ["https://portal.localhost:8443/", "https://portal.localhost:8443/callback/../other", "https://portal.localhost:8443/other"],
  },
  {
    pattern: "http://localhost:8000",
    yes: ["http://localhost:8000"],
    no: ["http://localhost:8000/", "http://localhost:80001", "http://127.0.0.1:8000"],
  },
  { pattern: "https://portal.example*", yes: ["https://portal.example/x"], no: ["https://portal.example.evil.example/"] },
];

test("answers go where a client may have them, as Keycloak reads the trailing star", () => {
  for (const { pattern, yes, no } of cases) {
    for (const uri of yes) assert.equal(redirectAllowed(uri, [pattern]), true, `${uri} for ${pattern}`);
    for (const uri of no) assert.equal(redirectAllowed(uri, [pattern]), false, `${uri} for ${pattern}`);
  }
  assert.equal(redirectAllowed(undefined, ["https://a/*"]), false);
});
