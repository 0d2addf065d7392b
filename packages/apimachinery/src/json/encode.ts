/**
 * JSON text of a value: bigint as its digits, keys whose value is undefined dropped, undefined in an array as null.
 * Any depth. Never calls a `toJSON` of user data (it can only be data there).
 */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    // A bigint somewhere, or the stack is full; both are rare enough not to look beforehand.
    if (error instanceof TypeError) {
      try {
        return JSON.stringify(value, rawBigints) ?? "null";
      } catch (second) {
        if (!(second instanceof RangeError)) throw second;
      }
    } else if (!(error instanceof RangeError)) throw error;
    return encodeIteratively(value);
  }
}

/** Not yet in TypeScript's library. @see TC39 JSON.parse source text access */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

const rawBigints = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? rawJSON(value.toString()) : value);

const encodeScalar = (value: unknown): string => (typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? "null"));

function encodeIteratively(root: unknown): string {
  if (typeof root !== "object" || root === null) return encodeScalar(root);
  interface Frame {
    value: unknown[] | Record<string, unknown>;
    keys: string[] | undefined;
    at: number;
    empty: boolean;
  }
  const frameOf = (value: object): Frame => ({
    value: value as Frame["value"],
    keys: Array.isArray(value) ? undefined : Object.keys(value),
    at: 0,
    empty: true,
  });
  const parts: string[] = [];
  const stack = [frameOf(root)];
  parts.push(Array.isArray(root) ? "[" : "{");
  while (stack.length > 0) {
    const frame = stack.at(-1)!;
    const length = frame.keys ? frame.keys.length : (frame.value as unknown[]).length;
    if (frame.at >= length) {
      parts.push(frame.keys ? "}" : "]");
      stack.pop();
      continue;
    }
    const key = frame.keys?.[frame.at];
    const item = key === undefined ? (frame.value as unknown[])[frame.at] : (frame.value as Record<string, unknown>)[key];
    frame.at++;
    if (key !== undefined && item === undefined) continue;
    if (!frame.empty) parts.push(",");
    frame.empty = false;
    if (key !== undefined) parts.push(JSON.stringify(key), ":");
    if (typeof item === "object" && item !== null) {
      parts.push(Array.isArray(item) ? "[" : "{");
      stack.push(frameOf(item));
    } else parts.push(encodeScalar(item));
  }
  return parts.join("");
}
