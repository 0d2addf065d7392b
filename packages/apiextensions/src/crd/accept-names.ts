import { equalJson } from "@meshplane/apimachinery";
import type { CrdCondition, CrdNames } from "./crd.ts";

export interface NamesVerdict {
  acceptedNames: Partial<CrdNames>;
  condition: Pick<CrdCondition, "type" | "status" | "reason" | "message">;
}

/**
 * Which of the names asked for a CRD gets: those that no other CRD of the group has. What it had before stays its own where the new
 * one is taken. @see k8s.io/apiextensions-apiserver controller/status/naming_controller.go
 */
export function acceptNames(wanted: CrdNames, had: Partial<CrdNames>, others: readonly Partial<CrdNames>[]): NamesVerdict {
  const resources = new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...(shortNames ?? [])]));
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]));
  const accepted: Partial<CrdNames> = { ...had };
  let reason = "";
  let message = "";
  const take = (field: "plural" | "singular" | "kind" | "listKind", taken: ReadonlySet<string | undefined>, why: string): void => {
    const name = wanted[field];
    if (!name || name === had[field]) {
      if (name) accepted[field] = name;
    } else if (taken.has(name)) {
      reason = why;
      message = inUse(name);
    } else accepted[field] = name;
  };
  take("plural", resources, "PluralConflict");
  take("singular", resources, "SingularConflict");
  const shortNames = wanted.shortNames ?? [];
  const conflicts = equalJson(shortNames, had.shortNames ?? [])
    ? []
    : shortNames.filter((name) => resources.has(name) && !had.shortNames?.includes(name));
  if (conflicts.length > 0) {
    reason = "ShortNamesConflict";
    message = conflicts.length === 1 ? inUse(conflicts[0]!) : `[${conflicts.map(inUse).join(", ")}]`;
  } else if (shortNames.length > 0) accepted.shortNames = shortNames;
  else delete accepted.shortNames;
  take("kind", kinds, "KindConflict");
  take("listKind", kinds, "ListKindConflict");
  if (wanted.categories?.length) accepted.categories = wanted.categories;
  else delete accepted.categories;
  accepted.plural ??= "";
  accepted.kind ??= "";
  return {
    acceptedNames: accepted,
    condition:
      reason === ""
        ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
        : { type: "NamesAccepted", status: "False", reason, message },
  };
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;
