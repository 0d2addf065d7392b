/**
 * `/metrics` of the shard in Prometheus' text format: upstream's names for requests, the usual ones for the process. Labels come from the target, so their number is bounded by what is
 * served; workspaces and names are no labels.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { failure } from "@meshplane/apimachinery";
import type { AuditHook, HttpRequest, HttpResponse, NonResourceTarget, ResourceTarget } from "@meshplane/apiserver";

const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** strangers' URLs must not make series: what is not served counts under one name */
const seriesMax = 2_000;

/** answered before it is known whether there is such a resource, or because there is none: whoever asks could have made it up */
const beforeLookup = new Set([401, 403, 404, 429]);
const isShort = (target: ResourceTarget): boolean =>
  target.group.length + target.version.length + target.resource.length + target.subresource.length <= 512;

interface Durations {
  buckets: number[];
  sum: number;
  count: number;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  /** lists for which any version would do, by resource */
  readonly #cacheLists = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();
  readonly #loop = monitorEventLoopDelay({ resolution: 10 });
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#loop.enable();
  }

  readonly observe: AuditHook = ({ context, status, target, http }) => {
    const resource = target?.kind === "resource" && !beforeLookup.has(status) && isShort(target);
    const labels = resource
      ? `group="${text(target.group)}",resource="${text(target.resource)}",subresource="${text(target.subresource)}",verb="${target.verb.toUpperCase()}",version="${text(target.version)}"`
      : `group="",resource="",subresource="",verb="${target?.kind === "nonResource" && /^(get|post|put|patch|delete|head)$/.test(target.verb) ? target.verb.toUpperCase() : "OTHER"}",version=""`;
    const series = `code="${status}",${labels}`;
    if (this.#requests.size >= seriesMax && !this.#requests.has(series)) return;
    this.#requests.set(series, (this.#requests.get(series) ?? 0) + 1);
    if (target?.kind === "resource" && target.verb === "watch") return;
    if (resource && target.verb === "list" && status === 200 && http.query.text !== "" && http.query.get("resourceVersion") === "0") {
      const listed = `group="${text(target.group)}",index="",resource="${text(target.resource)}"`;
      this.#cacheLists.set(listed, (this.#cacheLists.get(listed) ?? 0) + 1);
    }
    let durations = this.#durations.get(labels);
    if (!durations) this.#durations.set(labels, (durations = { buckets: bucketsSeconds.map(() => 0), sum: 0, count: 0 }));
    const seconds = (this.#clock() - context.received) / 1000;
    durations.sum += seconds;
    durations.count++;
    for (let i = 0; i < bucketsSeconds.length; i++) if (seconds <= bucketsSeconds[i]!) durations.buckets[i]!++;
  };

  /** The shard's own: it names what all workspaces were asked for. Below a workspace there is none (wire 10), nor in its virtual views; elsewhere undefined. */
  serve(http: HttpRequest, target: NonResourceTarget): HttpResponse | undefined {
    if (target.path !== "/metrics" || http.path.startsWith("/services/")) return undefined;
    // a service account's request may mean its workspace without naming it
    if (target.cluster !== "") throw failure(501, "", undefined, "shard-level endpoint not available at workspace scope");
    return { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body: this.#print() };
  }

  #print(): string {
    const lines: string[] = [];
    const metric = (name: string, type: "counter" | "gauge" | "histogram", help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    metric("apiserver_request_total", "counter", "Requests by what was asked and what was answered.");
    for (const [series, count] of this.#requests) lines.push(`apiserver_request_total{${series}} ${count}`);
    metric("apiserver_request_duration_seconds", "histogram", "Time from receiving a request until its answer was decided, watches aside.");
    for (const [labels, { buckets, sum, count }] of this.#durations) {
      for (const [i, bucket] of buckets.entries())
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${bucketsSeconds[i]}"} ${bucket}`);
      lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(
        `apiserver_request_duration_seconds_sum{${labels}} ${sum}`,
        `apiserver_request_duration_seconds_count{${labels}} ${count}`,
      );
    }
    metric(
      "apiserver_cache_list_total",
      "counter",
      "Lists for which any version would do: whatever this process has at hand answers them.",
    );
    for (const [listed, count] of this.#cacheLists) lines.push(`apiserver_cache_list_total{${listed}} ${count}`);
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const gauge = (name: string, help: string, value: number) => {
      metric(name, "gauge", help);
      lines.push(`${name} ${value}`);
    };
    metric("process_cpu_seconds_total", "counter", "CPU time of the process.");
    lines.push(`process_cpu_seconds_total ${(user + system) / 1e6}`);
    gauge("process_resident_memory_bytes", "Resident memory.", rss);
    gauge("process_start_time_seconds", "When the process started, in seconds since the epoch.", performance.timeOrigin / 1000);
    gauge("nodejs_heap_size_used_bytes", "Used heap.", heapUsed);
    gauge("nodejs_eventloop_lag_p99_seconds", "Event-loop delay, p99 since the last reading.", this.#loop.percentile(99) / 1e9);
    gauge("nodejs_eventloop_lag_max_seconds", "Event-loop delay, longest since the last reading.", this.#loop.max / 1e9);
    this.#loop.reset();
    return `${lines.join("\n")}\n`;
  }
}

const text = (value: string): string => value.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 100);
