import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "./digests.ts";

const homes: [user: string, cluster: string][] = [
  ["", "36ks9xj4a2n61"],
  ["alice", "v1u4alow0iv9"],
  ["bob", "2okdry95y5lkv"],
  ["user-with-dash", "1e25681jymk1l"],
  ["user:with:colons", "2bqfj6xlthg3t"],
  ["user172", "0f9mt7goyif7"],
];
for (const [user, cluster] of homes) test(`the home of "${user}" is ${cluster}`, () => assert.equal(d.homeClusterName(user), cluster));

const claims: [
  exportCluster: string,
  name: string,
  claim: { group?: string; resource: string; identityHash?: string },
  key: string,
  value: string,
][] = [
  [
    "root",
    "tenancy.kcp.io",
    { resource: "configmaps" },
    "bmCdly9xXiUpEHe3ypvDwvXMTfoVZUE92mqAQf",
    "3QVjs6pfBjMpLEVYYhysJnroYGsQGlWm05E4qe",
  ],
  [
    "abcd1234",
    "my-export",
    { group: "apps", resource: "deployments", identityHash: "deadbeef" },
    "phGj1BkmdNY3LKTrtFc1KGLYTBs8Nt50p8PIU",
    "4CpOMiJ5JL9ZC4cG8ne7nGNQbSOEUiwZ89KHal",
  ],
];
for (const [cluster, name, claim, key, value] of claims)
  test(`claim label of ${cluster}:${name} for ${claim.resource}`, () => {
    assert.equal(d.claimLabelKey(cluster, name), `claimed.internal.apis.kcp.io/${key}`);
    assert.equal(d.claimLabelValue(claim), value);
  });

test("the reflexive value", () => assert.equal(d.reflexiveClaimLabelValue, "LstvmbbzVDDOn90ZbhzSQO5U3DMCf88h1pZ"));
test("the hash of the shard root", () => assert.equal(d.shardHash("root"), "1pfxsevk"));
test("initializer labels have keys of 63 characters and whole digests as values", () => {
  const { key, value } = d.initializerLabel("root:universal");
  assert.equal(key.length, 63);
  assert.equal(value.length, 56);
  assert.ok(key.startsWith(`initializer.internal.kcp.io/${value.slice(0, 30)}`));
});
test("cluster names have 16 characters", () => assert.match(d.newClusterName(), /^[0-9a-z]{16}$/));
test("identity keys have 43 characters, hashes 64", () => {
  assert.equal(d.newIdentityKey().length, 43);
  assert.match(d.identityHash(d.newIdentityKey()), /^[0-9a-f]{64}$/);
});
