/** Numbers of one operator in Prometheus' text format, under upstream's names. @see spec platform-mesh/accounts §7, security §13 */
import type { ControllerMetrics, ReconcileOutcome } from "@meshplane/controller-runtime";

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const results: Record<ReconcileOutcome, string> = { done: "success", later: "requeue", conflict: "requeue", error: "error" };

interface Durations {
  buckets: number[];
  sum: number;
  count: number;
}

export class OperatorMetrics implements ControllerMetrics {
  readonly #prefix: string;
  readonly #counters = new Map<string, Map<string, number>>();
  readonly #durations = new Map<string, Durations>();
  readonly #depths = new Map<string, number>();

  /** @param prefix `account_operator` */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  count(name: string, labels: Record<string, string>): void {
    const series = Object.entries(labels)
      .map(([key, value]) => `${key}="${value.replace(/[^\w.-]/g, "_").slice(0, 60)}"`)
      .join(",");
    let counter = this.#counters.get(name);
    if (!counter) this.#counters.set(name, (counter = new Map()));
    if (counter.size < 1000 || counter.has(series)) counter.set(series, (counter.get(series) ?? 0) + 1);
  }

  reconciled(controller: string, outcome: ReconcileOutcome, seconds: number): void {
    this.count("reconcile_total", { controller, result: results[outcome] });
    let durations = this.#durations.get(controller);
    if (!durations) this.#durations.set(controller, (durations = { buckets: bucketsSeconds.map(() => 0), sum: 0, count: 0 }));
    durations.sum += seconds;
    durations.count++;
    for (const [i, most] of bucketsSeconds.entries()) if (seconds <= most) durations.buckets[i]!++;
  }

  depth(controller: string, keys: number): void {
    this.#depths.set(controller, keys);
  }

  print(): string {
    const lines: string[] = [];
    for (const [name, series] of this.#counters) {
      lines.push(`# TYPE ${this.#prefix}_${name} counter`);
      for (const [labels, value] of series) lines.push(`${this.#prefix}_${name}{${labels}} ${value}`);
    }
    const seconds = `${this.#prefix}_reconcile_duration_seconds`;
    if (this.#durations.size > 0) lines.push(`# TYPE ${seconds} histogram`);
    for (const [controller, { buckets, sum, count }] of this.#durations) {
      const label = `controller="${controller}"`;
      for (const [i, value] of buckets.entries()) lines.push(`${seconds}_bucket{${label},le="${bucketsSeconds[i]}"} ${value}`);
      lines.push(
        `${seconds}_bucket{${label},le="+Inf"} ${count}`,
        `${seconds}_sum{${label}} ${sum}`,
        `${seconds}_count{${label}} ${count}`,
      );
    }
    if (this.#depths.size > 0) lines.push("# TYPE workqueue_depth gauge");
    for (const [controller, keys] of this.#depths) lines.push(`workqueue_depth{name="${controller}"} ${keys}`);
    lines.push("# TYPE process_resident_memory_bytes gauge", `process_resident_memory_bytes ${process.memoryUsage().rss}`);
    return `${lines.join("\n")}\n`;
  }
}
