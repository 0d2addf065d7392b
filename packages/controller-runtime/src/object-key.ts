import type { ObjectKey } from "./reconciler.ts";

/** `cluster|namespace/name`: neither a cluster's name holds a bar nor a namespace a slash. */
export const formatObjectKey = ({ cluster, namespace, name }: ObjectKey): string => `${cluster}|${namespace}/${name}`;

/** The inverse of `formatObjectKey`. */
export function parseObjectKey(text: string): ObjectKey {
  const bar = text.indexOf("|");
  const slash = text.indexOf("/", bar);
  return { cluster: text.slice(0, bar), namespace: text.slice(bar + 1, slash), name: text.slice(slash + 1) };
}
