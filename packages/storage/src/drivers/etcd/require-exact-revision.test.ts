import assert from "node:assert/strict";
import { test } from "node:test";
import { loadEtcdProtocol } from "./etcd-protocol.ts";
import { requireExactRevision } from "./require-exact-revision.ts";

/** A RangeResponse whose header (field 1) has a revision (field 3). */
function answerAt(revision: bigint): Buffer {
  const digits: number[] = [];
  for (let rest = revision; ; rest >>= 7n) {
    const last = rest < 128n;
    digits.push(Number(rest & 127n) | (last ? 0 : 128));
    if (last) break;
  }
  return Buffer.from([0x0a, digits.length + 1, 0x18, ...digits]);
}

test("revisions beyond 2^53 - 1 are not taken for others", async () => {
  const { range } = await loadEtcdProtocol();
  const headerOf = (revision: bigint) => (range.responseDeserialize(answerAt(revision)) as { header: { revision: number } }).header;
  assert.equal(headerOf(2n ** 53n - 1n).revision, Number.MAX_SAFE_INTEGER);
  requireExactRevision(headerOf(2n ** 53n - 1n));
  for (const revision of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n])
    assert.throws(() => requireExactRevision(headerOf(revision)), { code: "Corrupt" });
});
