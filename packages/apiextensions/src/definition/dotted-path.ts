/** `.spec.replicas` as its keys; only plain keys are understood. */
export const dottedPath = (path: string): string[] => path.replace(/^\./, "").split(".");

export function readPath(object: unknown, path: readonly string[]): unknown {
  let at = object;
  for (const key of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** Makes the objects on the way. */
export function writePath(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = object;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (typeof next !== "object" || next === null || Array.isArray(next)) at[key] = {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
}
