/** Deeper than this the copy goes on without the call stack. */
const recursionMax = 300;

/**
 * A deep copy of JSON data that shares nothing with the original. Keys are copied as own data whatever their text (`__proto__`), any depth
 * works, and values that are not plain objects or arrays are kept as they are.
 */
export function copyJson<T>(value: T): T {
  return copy(value, 0) as T;
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > recursionMax) return copyIteratively(value);
  if (Array.isArray(value)) {
    const items: unknown[] = value.slice();
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item === "object" && item !== null) items[i] = copy(item, depth + 1);
    }
    return items;
  }
  // Spreading defines own properties, so it is safe for any key, and later assignments find an own property to change.
  const object: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  for (const key in object) {
    const item = object[key];
    if (typeof item === "object" && item !== null) object[key] = copy(item, depth + 1);
  }
  return object;
}

function copyIteratively(root: object): unknown {
  const shallow = (value: object): unknown[] | Record<string, unknown> =>
    Array.isArray(value) ? value.slice() : { ...(value as Record<string, unknown>) };
  const result = shallow(root);
  const pending: (unknown[] | Record<string, unknown>)[] = [result];
  for (let container = pending.pop(); container; container = pending.pop()) {
    for (const key of Object.keys(container)) {
      const item = (container as Record<string, unknown>)[key];
      if (typeof item !== "object" || item === null) continue;
      const copied = shallow(item);
      (container as Record<string, unknown>)[key] = copied;
      pending.push(copied);
    }
  }
  return result;
}
