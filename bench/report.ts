export type Side = "ours" | "upstream";

export interface Row {
  side: Side;
  round: number;
  mode: string;
  /** load average of one minute when it began */
  load: number;
  /** p99 of the event-loop delay while this operation ran, milliseconds; of servers that tell it */
  loopMs: number | undefined;
  values: {
    test: string;
    n: number;
    errors: number;
    per_second?: number;
    p50_ms?: number;
    p99_ms?: number;
    cpu_ms_per_op?: number;
    kb_per_workspace?: number;
  } & Record<string, unknown>;
}

export interface Start {
  side: Side;
  round: number;
  readyMs: number;
  idleKb: number;
  load: number;
}

interface Report {
  rows: readonly Row[];
  starts: readonly Start[];
  versions: Record<string, string>;
  rounds: number;
}

/** What the product wants to reach: at least this many times upstream's rate, at most this part of its CPU per operation. */
const goals: [test: RegExp, rate: number, cpu: number | undefined][] = [
  [/^(create|update|delete) configmap/i, 4, 5],
  [/^get configmap/i, 3, 5],
  [/apply/i, 3, 4],
  [/^list 500/i, 3, undefined],
  [/^workspace/i, 60, undefined],
  [/^watch fan-out/i, 1.5, 4],
  [/bind|consumer|provider|status|wildcard/i, 5, undefined],
];

export function printReport({ rows, starts, versions, rounds }: Report): string {
  const tests = [...new Set(rows.filter((row) => row.values.per_second !== undefined).map((row) => row.values.test))];
  const lines = tests.map((test) => {
    const of = (side: Side, key: "per_second" | "p50_ms" | "p99_ms" | "cpu_ms_per_op") =>
      median(rows.filter((row) => row.side === side && row.values.test === test).map((row) => row.values[key]));
    const rate = ratio(of("ours", "per_second"), of("upstream", "per_second"));
    const cpu = ratio(of("upstream", "cpu_ms_per_op"), of("ours", "cpu_ms_per_op"));
    const goal = goals.find(([pattern]) => pattern.test(test));
    const worse = (of("ours", "p99_ms") ?? 0) > (of("upstream", "p99_ms") ?? Infinity);
    const missed =
      goal && ((rate !== undefined && rate < goal[1]) || (goal[2] !== undefined && cpu !== undefined && cpu < goal[2]) || worse);
    const errors = rows.filter((row) => row.values.test === test).reduce((sum, row) => sum + (row.values.errors ?? 0), 0);
    const loop = median(rows.filter((row) => row.side === "ours" && row.values.test === test).map((row) => row.loopMs));
    return `| ${test} | ${show(of("ours", "per_second"))} | ${show(of("upstream", "per_second"))} | ${times(rate)} | ${show(of("ours", "p99_ms"))} / ${show(of("upstream", "p99_ms"))} | ${show(loop)} / – | ${show(of("ours", "cpu_ms_per_op"))} / ${show(of("upstream", "cpu_ms_per_op"))} | ${times(cpu)} | ${errors} | ${goal ? `${goal[0] ? `${goal[1]}×` : ""}${goal[2] ? `, CPU 1/${goal[2]}` : ""}${missed ? " **missed**" : ""}` : ""} |`;
  });
  const start = (side: Side, key: "readyMs" | "idleKb") => median(starts.filter((one) => one.side === side).map((one) => one[key]));
  const memory = median(rows.map((row) => row.values.kb_per_workspace));
  return `# Performance

Written by \`bench/compare.ts\`: both servers on one machine, ${rounds} alternating rounds, medians. Every write is synced on both sides. The load generator and a
real kcp are given by their paths. Rows that miss their goal stay in.

- this server: ${versions.ours}, Node ${versions.node}
- upstream: ${versions.upstream || "not measured"}
- machine: ${versions.machine}; load average before each start: ${starts.map((one) => one.load.toFixed(1)).join(", ")}

| | this server | upstream | ratio | goal |
| --- | --- | --- | --- | --- |
| start to ready (empty folder) | ${show(start("ours", "readyMs"))} ms | ${show(start("upstream", "readyMs"))} ms | ${times(ratio(start("upstream", "readyMs"), start("ours", "readyMs")))} | 15× |
| idle memory | ${mb(start("ours", "idleKb"))} | ${mb(start("upstream", "idleKb"))} | ${times(ratio(start("upstream", "idleKb"), start("ours", "idleKb")))} | 4× |
| memory per further idle workspace | ${memory === undefined ? "–" : `${memory.toFixed(1)} KB`} | 7 to 10 MB (upstream's own figure) | | 30 KB |

Event-loop delay is what this server's own metric says when an operation has ended, less the 10 ms at which it samples; upstream has no event loop.

| operation | per second | upstream | ratio | p99 ms, ours / upstream | event-loop delay p99 ms, ours / upstream | server CPU ms per op | less CPU | errors | goal |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}

## Raw lines

${rows.map((row) => `    ${row.side} round=${row.round} load=${row.load.toFixed(1)}${row.loopMs === undefined ? "" : ` loop_p99_ms=${row.loopMs.toFixed(1)}`} ${JSON.stringify(row.values)}`).join("\n")}
`;
}

function median(numbers: readonly (number | undefined)[]): number | undefined {
  const sorted = numbers.filter((n) => n !== undefined).toSorted((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : undefined;
}

const ratio = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || !b ? undefined : a / b);
const times = (n: number | undefined): string => (n === undefined ? "" : `${n < 10 ? n.toFixed(1) : n.toFixed(0)}×`);
const mb = (kb: number | undefined): string => (kb === undefined ? "–" : `${(kb / 1024).toFixed(0)} MB`);
const show = (n: number | undefined): string => (n === undefined ? "–" : n >= 100 ? n.toFixed(0) : n >= 1 ? n.toFixed(1) : n.toFixed(3));
