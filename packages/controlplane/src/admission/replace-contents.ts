import type { KubeObject } from "@meshplane/apimachinery";

/** Makes an object that others hold look like another one. */
export function replaceContents(object: KubeObject, next: KubeObject): void {
  if (object === next) return;
  for (const key of Object.keys(object)) if (!Object.hasOwn(next, key)) delete object[key];
  for (const key of Object.keys(next)) object[key] = next[key];
}
