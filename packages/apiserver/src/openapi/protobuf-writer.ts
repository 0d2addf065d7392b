/** Fields of protobuf messages, each as its bytes; of what is absent, nothing. The shapes that both gnostic documents have in common come with them. */
type Json = Record<string, unknown>;

export const extensions = (field: number, source: Json): Uint8Array[] =>
  Object.keys(source).flatMap((key) => (key.startsWith("x-") ? [named(field, key, any(source[key]))] : []));

/** Any value as text; JSON is YAML. */
export const any = (value: unknown): Uint8Array[] => [text(2, `${JSON.stringify(value)}\n`)];

const nothing = new Uint8Array();

export const named = (field: number, name: string, value: Uint8Array[]): Uint8Array => inner(field, [text(1, name), inner(2, value)]);

export const message = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

export function inner(field: number, parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  return Buffer.concat([tag(field, 2), varint(size), ...parts]);
}

export function text(field: number, value: unknown): Uint8Array {
  if (typeof value !== "string" || value === "") return nothing;
  return inner(field, [Buffer.from(value, "utf8")]);
}

export const texts = (field: number, values: unknown): Uint8Array[] =>
  ((values ?? []) as string[]).map((value) => inner(field, [Buffer.from(value, "utf8")]));

export const flag = (field: number, value: unknown): Uint8Array => (value === true ? Buffer.concat([tag(field, 0), varint(1)]) : nothing);

/** Of a oneof: false is there too. */
export const choice = (field: number, value: boolean): Uint8Array => Buffer.concat([tag(field, 0), varint(value ? 1 : 0)]);

export const integer = (field: number, value: unknown): Uint8Array =>
  typeof value === "number" ? Buffer.concat([tag(field, 0), varint(value)]) : nothing;

export function double(field: number, value: unknown): Uint8Array {
  if (typeof value !== "number") return nothing;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, 1), bytes]);
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  while (value > 127) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
  return Uint8Array.from(bytes);
}
