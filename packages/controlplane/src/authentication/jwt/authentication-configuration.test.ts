import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthenticationConfiguration } from "./authentication-configuration.ts";

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";

test("a file of issuers", () => {
  const read = parseAuthenticationConfiguration(`${head}
jwt:
- issuer:
    url: https://i.example
    audiences: [a, b]
    audienceMatchPolicy: MatchAny
  claimMappings:
    username: {expression: "'x:' + claims.sub"}
    groups: {claim: groups, prefix: ""}
    extra: [{key: acme.example/t, valueExpression: claims.t}]
  userValidationRules: [{expression: "true", message: m}]
  claimValidationRules: null
anonymous:
  enabled: true
  conditions: [{path: /livez}]
`);
  assert.deepEqual(read.jwt[0]?.issuer.audiences, ["a", "b"]);
  assert.equal(read.jwt[0]?.claimMappings.groups?.prefix, "");
  assert.deepEqual(read.anonymous, { enabled: true, paths: ["/livez"] });
  assert.deepEqual(parseAuthenticationConfiguration(head), { jwt: [], anonymous: undefined });
  assert.equal(parseAuthenticationConfiguration(head.replace("/v1\n", "/v1beta1\n")).jwt.length, 0);
});

test("what it does not understand it does not pass over", () => {
  const refused: [string, RegExp][] = [
    ["{", /./],
    ["kind: AuthenticationConfiguration", /no kind "AuthenticationConfiguration" is registered for version ""/],
    [`${head}jwt:\n- issuer: {url: x, audience: [a]}`, /unknown field "jwt\[0\]\.issuer\.audience"/],
    [`${head}jwt:\n- issuer: {url: x, egressSelectorType: cluster}`, /unknown field "jwt\[0\]\.issuer\.egressSelectorType"/],
    [`${head}jwt:\n- issuer: {url: 1}`, /jwt\[0\]\.issuer\.url: a text is wanted/],
    [`${head}jwt: {}`, /jwt: a list is wanted/],
    [`${head}anonymous: {enabled: false, conditions: [{path: /x}]}`, /enabled should be set to true when conditions are defined/],
  ];
  for (const [text, wanted] of refused) assert.throws(() => parseAuthenticationConfiguration(text), wanted, text);
});
