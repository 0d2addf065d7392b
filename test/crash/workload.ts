import { crc32 } from "node:zlib";
import type { IndexEntry, NewRecord, StoredRecord } from "@meshplane/storage";

/** Each key has one writer, which carries it through states 1, 2, 3 …: so what a store may hold of it is known from what was acknowledged. */
export interface Place {
  writer: number;
  slot: number;
}

export const writers = 8;
export const slots = 6;

export const keyOf = ({ writer, slot }: Place): string => `/crash/things/-/c${slot % 3}/w${writer}/s${slot}`;

export const places: readonly Place[] = Array.from({ length: writers * slots }, (_, i) => ({
  writer: i % writers,
  slot: Math.floor(i / writers),
}));

/** Every fifth state is a deletion. */
export const isAbsent = (state: number): boolean => state % 5 === 0;

/** Mostly a kilobyte or so; now and then enough for many pages. */
const paddingOf = (state: number, place: Place): number =>
  (state + place.slot) % 40 === 1 ? 60_000 : ((state * 7_919 + place.writer * 104_729) % 2_000) + 50;

export function recordOf(place: Place, state: number): NewRecord {
  const content = {
    metadata: { name: `s${place.slot}` },
    writer: place.writer,
    state,
    padding: String.fromCharCode(97 + (state % 26)).repeat(paddingOf(state, place)),
  };
  const text = JSON.stringify(content);
  return {
    header: {
      definition: "crash",
      uid: `${place.writer}-${place.slot}`,
      deleting: false,
      labels: { state: String(state), sum: String(crc32(text)) },
      fields: undefined,
    },
    body: new TextEncoder().encode(text),
  };
}

export const indexOf = (place: Place, state: number): IndexEntry[] => [
  { name: "writer", value: String(place.writer) },
  { name: "third", value: String(state % 3) },
];

/** The state of a record. @throws Error when header and body do not belong together: a half write */
export function stateOf(record: StoredRecord): number {
  const text = new TextDecoder().decode(record.body);
  if (record.header.labels?.sum !== String(crc32(text))) throw new Error(`half a write at ${record.key}`);
  const { state } = JSON.parse(text) as { state: number };
  if (record.header.labels.state !== String(state)) throw new Error(`header and body differ at ${record.key}`);
  return state;
}
