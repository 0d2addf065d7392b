import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptNames } from "./accept-names.ts";
import type { CrdNames } from "./crd.ts";

const apples: CrdNames = { plural: "apples", singular: "apple", kind: "Apple", listKind: "AppleList", shortNames: ["ap"] };
const plums: CrdNames = { plural: "plums", singular: "plum", kind: "Plum", listKind: "PlumList" };

const cases: {
  name: string;
  wanted: CrdNames;
  had?: Partial<CrdNames>;
  others?: CrdNames[];
  reason: string;
  message?: string;
  accepted: Partial<CrdNames>;
}[] = [
  { name: "free names are accepted", wanted: apples, reason: "NoConflicts", accepted: apples },
  {
    name: "a taken kind is not",
    wanted: { ...plums, kind: "Apple" },
    others: [apples],
    reason: "KindConflict",
    message: '"Apple" is already in use',
    accepted: { ...plums, kind: "" },
  },
  {
    name: "a taken list kind is not",
    wanted: { ...plums, listKind: "AppleList" },
    others: [apples],
    reason: "ListKindConflict",
    message: '"AppleList" is already in use',
    accepted: { plural: "plums", singular: "plum", kind: "Plum" },
  },
  {
    name: "a short name that is somebody's short name keeps all of them out",
    wanted: { ...plums, shortNames: ["ap", "pl"] },
    others: [apples],
    reason: "ShortNamesConflict",
    message: '"ap" is already in use',
    accepted: plums,
  },
  {
    name: "what was accepted before stays where the new name is taken",
    wanted: { ...plums, singular: "apple" },
    had: plums,
    others: [apples],
    reason: "SingularConflict",
    message: '"apple" is already in use',
    accepted: plums,
  },
  { name: "own names are no conflict", wanted: apples, had: apples, others: [apples], reason: "NoConflicts", accepted: apples },
];
for (const { name, wanted, had = {}, others = [], reason, message = "no conflicts found", accepted } of cases) {
  test(name, () => {
    const verdict = acceptNames(wanted, had, others);
    assert.equal(verdict.condition.reason, reason);
    assert.equal(verdict.condition.message, message);
    assert.deepEqual(verdict.acceptedNames, accepted);
  });
}
