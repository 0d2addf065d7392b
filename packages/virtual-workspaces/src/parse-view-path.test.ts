import assert from "node:assert/strict";
import { test } from "node:test";
import { parseViewPath } from "./parse-view-path.ts";

const cases: [name: string, rest: string, count: number, want: ReturnType<typeof parseViewPath>][] = [
  ["a wildcard", "/c1/widgets/clusters/*/apis/g/v1", 2, { segments: ["c1", "widgets"], cluster: "*", path: "/apis/g/v1" }],
  ["one cluster", "/c1/widgets/clusters/abc/api", 2, { segments: ["c1", "widgets"], cluster: "abc", path: "/api" }],
  ["nothing below", "/c1/widgets/clusters/*", 2, { segments: ["c1", "widgets"], cluster: "*", path: "/" }],
  ["an escaped colon in the id", "/root%3Auniversal/clusters/*/", 1, { segments: ["root:universal"], cluster: "*", path: "/" }],
  ["a system cluster", "/x1/clusters/system:admin/api", 1, { segments: ["x1"], cluster: "system:admin", path: "/api" }],
  ["a workspace path instead of a name", "/c1/widgets/clusters/root:org/api", 2, undefined],
  ["no clusters", "/c1/widgets/apis/g/v1", 2, undefined],
  ["an empty segment", "//widgets/clusters/*/api", 2, undefined],
  ["too few segments", "/widgets/clusters/*/api", 2, undefined],
  ["a broken escape", "/c1/%zz/clusters/*/api", 2, undefined],
  ["nothing", "", 2, undefined],
];

for (const [name, rest, count, want] of cases) test(`a view's path: ${name}`, () => assert.deepEqual(parseViewPath(rest, count), want));
