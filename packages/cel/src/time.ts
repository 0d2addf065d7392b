/** Timestamps and durations as text, and calendar fields. All in nanoseconds as bigint. @see RFC 3339; Go's time.ParseDuration */
import { CelEvalError } from "./errors.ts";

const second = 1_000_000_000n;
const minTimestamp = -62135596800n * second;
const maxTimestamp = 253402300799n * second + 999_999_999n;
/** 292 years: what 64 bits of nanoseconds hold. */
const maxDuration = (1n << 63n) - 1n;

export function requireTimestamp(ns: bigint): bigint {
  if (ns < minTimestamp || ns > maxTimestamp) throw new CelEvalError("timestamp overflow: out of range");
  return ns;
}

export function requireDuration(ns: bigint): bigint {
  if (ns < -maxDuration || ns > maxDuration) throw new CelEvalError("duration overflow: out of range");
  return ns;
}

const rfc3339 = /^(\d{4,5})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Undefined when the text is no timestamp. @throws CelEvalError outside years 1 to 9999 */
export function parseTimestamp(text: string): bigint | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, sec] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || sec > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, sec);
  const offset = match[8] ? (match[8] === "-" ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10])) : 0;
  const ms = BigInt(date.getTime() - offset * 60_000);
  return requireTimestamp(ms * 1_000_000n + BigInt((match[7] ?? "").padEnd(9, "0")));
}

/** A date of an OpenAPI `date` format is midnight UTC. */
export const parseDate = (text: string): bigint | undefined => parseTimestamp(`${text}T00:00:00Z`);

export function formatTimestamp(ns: bigint): string {
  const seconds = floorDiv(ns, second);
  const fraction = ns - seconds * second;
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const digits = fraction === 0n ? "" : `.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${base}${digits}Z`;
}

export function formatDuration(ns: bigint): string {
  const negative = ns < 0n;
  const abs = negative ? -ns : ns;
  const fraction = abs % second;
  const digits = fraction === 0n ? "" : `.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${negative ? "-" : ""}${abs / second}${digits}s`;
}

const units: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** `1h30m`, `-1.5s`. Undefined when the text is no duration. @throws CelEvalError out of range */
export function parseDuration(text: string): bigint | undefined {
  let rest = text;
  const negative = rest.startsWith("-");
  if (rest.startsWith("-") || rest.startsWith("+")) rest = rest.slice(1);
  if (rest === "0") return 0n;
  if (rest === "" || rest.length > 200) return undefined;
  let total = 0n;
  const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest);
    if (!match || ((match[1] ?? "") === "" && (match[2] ?? "") === "")) return undefined;
    const unit = units[match[3]!]!;
    const fraction = (match[2] ?? "").slice(0, 18);
    total += BigInt(match[1] || "0") * unit;
    if (fraction !== "") total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  return requireDuration(negative ? -total : total);
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n);

export interface CalendarFields {
  year: number;
  /** 0 to 11 */
  month: number;
  /** 1 to 31 */
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** 0 is Sunday */
  dayOfWeek: number;
  /** 0 to 365 */
  dayOfYear: number;
}

/** @param zone an IANA name, `+02:00`, `-02:00`, or nothing for UTC. @throws CelEvalError for an unknown zone */
export function calendarFields(ns: bigint, zone?: string): CalendarFields {
  const ms = Number(floorDiv(ns, 1_000_000n));
  const shifted = new Date(ms + (zone === undefined ? 0 : zoneOffsetMs(ms, zone)));
  const year = shifted.getUTCFullYear();
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  return {
    year,
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    millisecond: shifted.getUTCMilliseconds(),
    dayOfWeek: shifted.getUTCDay(),
    dayOfYear: Math.floor((shifted.getTime() - start.getTime()) / 86_400_000),
  };
}

function zoneOffsetMs(ms: number, zone: string): number {
  if (zone === "" || zone === "UTC") return 0;
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  try {
    const parts = zoneFormat(zone).formatToParts(ms);
    const part = (type: string): number => Number(parts.find((p) => p.type === type)?.value);
    const era = parts.find((p) => p.type === "era")?.value;
    const date = new Date(0);
    date.setUTCFullYear(era === "BC" ? 1 - part("year") : part("year"), part("month") - 1, part("day"));
    date.setUTCHours(part("hour") % 24, part("minute"), part("second"));
    return date.getTime() - Math.floor(ms / 1000) * 1000;
  } catch {
    throw new CelEvalError(`unknown time zone ${zone}`);
  }
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

function zoneFormat(zone: string): Intl.DateTimeFormat {
  let format = zoneFormats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (zoneFormats.size < 64) zoneFormats.set(zone, format);
  }
  return format;
}
