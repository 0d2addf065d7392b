import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWorkspaceUrl, resolveWorkspacePath } from "./workspace-url.ts";

const paths: [current: string, typed: string, want: string][] = [
  ["root", "org", "root:org"],
  ["root:org", "team", "root:org:team"],
  ["root:org", "..", "root"],
  ["root:org:team", "..:other", "root:org:other"],
  ["root:org:team", "../..", "root"],
  ["root:org", ":root:else", "root:else"],
  ["root:org", "root:else", "root:else"],
  ["root:org", "root", "root"],
  ["root:org", ":", "root"],
  ["root:org", ".", "root:org"],
];
for (const [current, typed, want] of paths)
  test(`ws ${typed} in ${current} leads to ${want}`, () => assert.equal(resolveWorkspacePath(current, typed), want));

test("what is no path is refused", () => {
  assert.throws(() => resolveWorkspacePath("root", ".."), /no parent/);
  assert.throws(() => resolveWorkspacePath("root", "UP"), /no workspace path/);
});

test("a server's URL is split before /clusters/", () => {
  assert.deepEqual(parseWorkspaceUrl("https://h:1/clusters/root:org"), { base: "https://h:1", path: "root:org" });
  assert.deepEqual(parseWorkspaceUrl("https://h:1/x/clusters/root/"), { base: "https://h:1/x", path: "root" });
  assert.deepEqual(parseWorkspaceUrl("https://h:1/"), { base: "https://h:1", path: undefined });
});
