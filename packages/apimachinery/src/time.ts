/** Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds (meta/v1 Time) or six digits (MicroTime). Errors are Go's texts. */

interface Layout {
  /** How Go prints the layout. */
  text: string;
  fraction: "optional" | "six";
}
const secondLayout: Layout = { text: "2006-01-02T15:04:05Z07:00", fraction: "optional" };
const microLayout: Layout = { text: "2006-01-02T15:04:05.000000Z07:00", fraction: "six" };

/** A moment with microseconds. */
interface Moment {
  ms: number;
  /** 0 to 999, below the millisecond. */
  micros: number;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

function parse(text: string, layout: Layout): Moment {
  let rest = text;
  const fail = (element: string): Error =>
    new Error(`parsing time ${quote(text)} as ${quote(layout.text)}: cannot parse ${quote(rest)} as ${quote(element)}`);
  const outOfRange = (what: string): Error => new Error(`parsing time ${quote(text)}: ${what} out of range`);
  const number = (element: string, digits: number): number => {
    const found = rest.slice(0, digits);
    if (!/^[0-9]+$/.test(found) || found.length < digits) throw fail(element);
    rest = rest.slice(digits);
    return Number(found);
  };
  const literal = (character: string): void => {
    if (!rest.startsWith(character)) throw fail(character);
    rest = rest.slice(1);
  };

  const year = number("2006", 4);
  literal("-");
  const month = number("01", 2);
  if (month < 1 || month > 12) throw outOfRange("month");
  literal("-");
  const day = number("02", 2);
  literal("T");
  const hour = number("15", 2);
  if (hour > 23) throw outOfRange("hour");
  literal(":");
  const minute = number("04", 2);
  if (minute > 59) throw outOfRange("minute");
  literal(":");
  const second = number("05", 2);
  if (second > 59) throw outOfRange("second");
  let fraction = "";
  if (layout.fraction === "six") {
    fraction = /^\.[0-9]{6}/.exec(rest)?.[0] ?? "";
    if (fraction === "") throw fail(".000000");
  } else fraction = /^[.,][0-9]+/.exec(rest)?.[0] ?? "";
  rest = rest.slice(fraction.length);
  let offsetMinutes = 0;
  if (rest.startsWith("Z")) rest = rest.slice(1);
  else {
    const zone = /^([+-])([0-9]{2}):([0-9]{2})/.exec(rest);
    if (!zone) throw fail("Z07:00");
    if (Number(zone[2]) > 24) throw outOfRange("time zone offset hour");
    if (Number(zone[3]) > 60) throw outOfRange("time zone offset minute");
    offsetMinutes = (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === "-" ? -1 : 1);
    rest = rest.slice(6);
  }
  if (rest !== "") throw new Error(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
  if (day < 1 || day > daysIn(year, month)) throw outOfRange("day");
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offsetMinutes, second);
  const micros = Number(`${fraction.slice(1)}000000`.slice(0, 6));
  return { ms: date.getTime() + Math.floor(micros / 1000), micros: micros % 1000 };
}

const quote = (text: string): string => JSON.stringify(text);

/** @returns milliseconds since 1970. @throws Error with Go's text */
export const parseRfc3339 = (text: string): number => parse(text, secondLayout).ms;

/** A meta/v1 Time as it is stored: UTC, fractions cut off. @throws Error with Go's text */
export const normalizeTime = (text: string): string => formatTime(parseRfc3339(text));

/** A meta/v1 MicroTime as it is stored: UTC. It must have exactly six digits. @throws Error with Go's text. @see spec wire §9 (77) */
export function normalizeMicroTime(text: string): string {
  const { ms, micros } = parse(text, microLayout);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

let lastSecond = Number.NaN;
let lastText = "";

/** `2024-01-01T00:00:00Z` of milliseconds since 1970. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  // Writes come in thousands a second, all with the same answer.
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}

/** `2024-01-01T00:00:00.123000Z` of milliseconds since 1970, which may have fractions. */
export function formatMicroTime(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
