/** Who may bind an export, said by paths. @see spec platform-mesh/security §11 */

export type PathExpression =
  /** that account alone, or with all below it */
  | { kind: "account"; organization: string; path: string; relation: "bind" | "bind_inherited" }
  /** every organization, with all below it */
  | { kind: "everybody" };

const start = "root:orgs";

/** @throws Error what is wrong with it */
export function parsePathExpression(text: string): PathExpression {
  const path = text.startsWith(":") ? text.slice(1) : text;
  if (!path.startsWith(`${start}:`)) throw new Error(`invalid path expression: must start with ${start}`);
  const parts = path.slice(start.length + 1).split(":");
  const star = parts.at(-1) === "*";
  const names = star ? parts.slice(0, -1) : parts;
  if (names.some((name) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)))
    throw new Error(`invalid path expression: ${JSON.stringify(text)} is no path with at most one star, at its end`);
  if (names.length === 0) return { kind: "everybody" };
  return { kind: "account", organization: names[0]!, path: [start, ...names].join(":"), relation: star ? "bind_inherited" : "bind" };
}

/** The same wish is the same text, with the colon in front or not. */
export const normalExpression = (text: string): string => (text.startsWith(":") ? text.slice(1) : text);
