import { allow, noOpinion, type Authorizer } from "@meshplane/apiserver";

/** Health is open to everyone, on every level. A path that ends with `*` allows all that begin so; a slash at the beginning may be left out. */
export function alwaysAllowPaths(patterns: readonly string[]): Authorizer {
  const paths = patterns.map((path) => (path.startsWith("/") || path === "*" ? path : `/${path}`));
  const exact = new Set(paths.filter((path) => !path.endsWith("*")));
  const prefixes = paths.filter((path) => path.endsWith("*")).map((path) => path.slice(0, -1));
  return ({ target, trace }) => {
    if (target.kind === "resource") return noOpinion("");
    const open = exact.has(target.path) || prefixes.some((prefix) => target.path.startsWith(prefix));
    return open ? allow(trace ? `${target.path} is open` : "") : noOpinion("");
  };
}
