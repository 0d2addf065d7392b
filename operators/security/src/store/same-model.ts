import type { AuthorizationModel } from "@meshplane/rebac";

/** Whether two models say the same; ids, empty members and the order of members do not count. */
export const sameModel = (a: Partial<AuthorizationModel>, b: Partial<AuthorizationModel>): boolean => canonical(a) === canonical(b);

const canonical = (model: Partial<AuthorizationModel>): string => JSON.stringify(plain({ ...model, id: undefined }));

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value === "" ? undefined : (value ?? undefined);
  const entries = Object.entries(value)
    .map(([name, member]) => [name, plain(member)] as const)
    // `this: {}` says something, an empty list of parameters does not
    .filter(([name, member]) => member !== undefined && !(isEmpty(member) && name !== "this" && name !== "wildcard"))
    .sort(([x], [y]) => (x < y ? -1 : 1));
  return Object.fromEntries(entries);
}

const isEmpty = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;
