const unitNanos: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Reads Go's durations: `1h30m`, `-1.5s`, `0`.
 * @returns milliseconds, with fractions below
 * @throws Error with Go's text: `time: invalid duration "abc"`. @see spec wire §1 (9)
 */
export function parseGoDuration(text: string): number {
  const invalid = (): Error => new Error(`time: invalid duration ${JSON.stringify(text)}`);
  const negative = text.startsWith("-");
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let nanos = 0;
  while (rest !== "") {
    const number = /^[0-9]*(?:\.[0-9]*)?/.exec(rest)![0];
    if (!/[0-9]/.test(number)) throw invalid();
    rest = rest.slice(number.length);
    const unit = /^[^0-9.]*/.exec(rest)![0];
    if (unit === "") throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    if (!Object.hasOwn(unitNanos, unit)) {
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    rest = rest.slice(unit.length);
    nanos += Number(number) * unitNanos[unit]!;
    if (nanos > 2 ** 63) throw invalid();
  }
  return ((negative ? -1 : 1) * nanos) / 1e6;
}

/** Go's text of a duration: `1h0m0s`, `1.5s`, `100ms`. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos < 1e9) {
    if (nanos < 1e3) return `${sign}${nanos}ns`;
    return nanos < 1e6 ? `${sign}${nanos / 1e3}µs` : `${sign}${nanos / 1e6}ms`;
  }
  const hours = Math.floor(nanos / 3600e9);
  const minutes = Math.floor((nanos % 3600e9) / 60e9);
  const seconds = (nanos % 60e9) / 1e9;
  return `${sign}${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
