import type { RecordHeader } from "./record.ts";
import { StoreError } from "./store.ts";

/** Raised when the list below changes its meaning; fields may be appended without it. */
const headerFormat = 1;

type EncodedHeader = [
  format: number,
  definition: string,
  uid: string,
  deleting: 0 | 1,
  labels: Record<string, string> | 0,
  fields: Record<string, string> | 0,
];

/** A list, because property names would be a third of the bytes. */
export const encodeHeader = (header: RecordHeader): string =>
  JSON.stringify([
    headerFormat,
    header.definition,
    header.uid,
    header.deleting ? 1 : 0,
    header.labels ?? 0,
    header.fields ?? 0,
  ] satisfies EncodedHeader);

/** @throws StoreError NewerFormat, Corrupt */
export function decodeHeader(text: string, key: string): RecordHeader {
  let parsed: EncodedHeader;
  try {
    parsed = JSON.parse(text) as EncodedHeader;
  } catch (cause) {
    throw new StoreError("Corrupt", `the header of ${key} cannot be read`, { cause });
  }
  if (parsed[0] !== headerFormat) {
    throw new StoreError("NewerFormat", `the header of ${key} has format ${parsed[0]}; this program knows ${headerFormat}`);
  }
  return {
    definition: parsed[1],
    uid: parsed[2],
    deleting: parsed[3] === 1,
    labels: parsed[4] || undefined,
    fields: parsed[5] || undefined,
  };
}
