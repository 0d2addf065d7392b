import { GoDecodeError } from "./go-decode-error.ts";

/**
 * Times as Go's JSON codec reads and prints them: always in UTC; seconds (`metav1.Time`) or exactly six fraction digits (`metav1.MicroTime`, wire 77).
 * undefined for the zero time, which is written as null.
 * @throws GoDecodeError with Go's wording, which clients see
 */
export const canonicalTime = (text: string): string | undefined => parseAndPrint(text, false);
export const canonicalMicroTime = (text: string): string | undefined => parseAndPrint(text, true);

const secondsLayout = "2006-01-02T15:04:05Z07:00";
const microLayout = "2006-01-02T15:04:05.000000Z07:00";
/** what most clients send needs no work */
const canonicalSeconds = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const canonicalMicros = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function parseAndPrint(text: string, micro: boolean): string | undefined {
  const parsed = new Reader(text, micro ? microLayout : secondsLayout).time(micro);
  if (parsed.offsetSeconds === 0 && (micro ? canonicalMicros : canonicalSeconds).test(text)) return text;
  const date = new Date(0);
  date.setUTCFullYear(parsed.year, parsed.month - 1, parsed.day);
  date.setUTCHours(parsed.hour, parsed.minute, parsed.second - parsed.offsetSeconds);
  const seconds = date.toISOString().slice(0, -5);
  const fraction = micro ? `.${String(parsed.micros).padStart(6, "0")}` : "";
  return seconds === "0001-01-01T00:00:00" && parsed.micros === 0 ? undefined : `${seconds}${fraction}Z`;
}

interface ParsedTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
  offsetSeconds: number;
}

/** Reads one element of the layout after the other; an error names the element and the text left over. */
class Reader {
  readonly text: string;
  readonly layout: string;
  at = 0;

  constructor(text: string, layout: string) {
    this.text = text;
    this.layout = layout;
  }

  time(micro: boolean): ParsedTime {
    const year = this.digits("2006", 4, 4);
    this.literal("-");
    const month = this.digits("01", 2, 2);
    if (month < 1 || month > 12) this.outOfRange("month");
    this.literal("-");
    const day = this.digits("02", 2, 2);
    this.literal("T");
    const hour = this.digits("15", 1, 2);
    if (hour > 23) this.outOfRange("hour");
    this.literal(":");
    const minute = this.digits("04", 2, 2);
    if (minute > 59) this.outOfRange("minute");
    this.literal(":");
    const second = this.digits("05", 2, 2);
    if (second > 59) this.outOfRange("second");
    const micros = this.fraction(micro);
    const offsetSeconds = this.zone();
    if (this.at < this.text.length) this.fail(`: extra text: ${JSON.stringify(this.rest())}`);
    if (day < 1 || day > daysIn(year, month)) this.outOfRange("day");
    return { year, month, day, hour, minute, second, micros, offsetSeconds };
  }

  rest(): string {
    return this.text.slice(this.at);
  }

  fraction(micro: boolean): number {
    if (micro) {
      if (!/^[.,]\d{6}/.test(this.rest())) this.cannot(".000000");
      const micros = Number(this.text.slice(this.at + 1, this.at + 7));
      this.at += 7;
      return micros;
    }
    const fraction = /^[.,]\d+/.exec(this.rest());
    if (fraction) this.at += fraction[0].length;
    return 0;
  }

  zone(): number {
    if (this.text[this.at] === "Z") {
      this.at++;
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(this.rest());
    if (!match) return this.cannot("Z07:00");
    const hours = Number(match[2]);
    const minutes = Number(match[3]);
    if (hours > 24) this.outOfRange("time zone offset hour");
    if (minutes > 60) this.outOfRange("time zone offset minute");
    this.at += match[0].length;
    return (match[1] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
  }

  digits(element: string, min: number, max: number): number {
    let end = this.at;
    while (end < this.text.length && end - this.at < max && this.text[end]! >= "0" && this.text[end]! <= "9") end++;
    if (end - this.at < min) this.cannot(element);
    const number = Number(this.text.slice(this.at, end));
    this.at = end;
    return number;
  }

  literal(text: string): void {
    if (this.text[this.at] !== text) this.cannot(text);
    this.at++;
  }

  cannot(element: string): never {
    throw new GoDecodeError(`parsing time ${JSON.stringify(this.text)} as ${JSON.stringify(this.layout)}: cannot parse ${JSON.stringify(this.rest())} as ${JSON.stringify(element)}`); // prettier-ignore
  }

  outOfRange(what: string): never {
    this.fail(`: ${what} out of range`);
  }

  fail(why: string): never {
    throw new GoDecodeError(`parsing time ${JSON.stringify(this.text)}${why}`);
  }
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};
