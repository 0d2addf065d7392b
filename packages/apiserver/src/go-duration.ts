const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration such as `1m30s`; otherwise Go's complaint. */
export function parseGoDuration(text: string): { ms: number } | { error: string } {
  const quoted = JSON.stringify(text);
  if (text === "0") return { ms: 0 };
  const signed = /^[+-]/.test(text) ? text.slice(1) : text;
  if (signed === "") return { error: `time: invalid duration ${quoted}` };
  let ms = 0;
  let at = 0;
  while (at < signed.length) {
    const number = /^(?:\d+\.?\d*|\.\d+)/.exec(signed.slice(at, at + 40))?.[0];
    if (number === undefined) return { error: `time: invalid duration ${quoted}` };
    at += number.length;
    const unit = /^[^\d.]*/.exec(signed.slice(at))![0];
    if (unit === "") return { error: `time: missing unit in duration ${quoted}` };
    if (!Object.hasOwn(units, unit)) return { error: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    at += unit.length;
    ms += Number(number) * units[unit]!;
  }
  return { ms: text.startsWith("-") ? -ms : ms };
}
