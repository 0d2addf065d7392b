/** Another client, on a thread of its own: what keeps the test busy must not count as the server's waiting time. */
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Wire } from "../isolation/wire.ts";

export interface Waited {
  p99Ms: number;
  failures: string[];
}

interface Reading {
  url: string;
  path: string;
  token: string;
}

/** Reads one object over and over whenever it is told to. */
export class Bystander {
  readonly #worker: Worker;

  constructor(reading: Reading) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: reading });
    this.#worker.setMaxListeners(0);
    this.#worker.unref();
  }

  /** Reads while `work` is under way. */
  async during(work: () => Promise<void>): Promise<Waited> {
    this.#worker.postMessage("start");
    await this.#heard();
    try {
      await work();
    } finally {
      this.#worker.postMessage("stop");
    }
    return (await this.#heard()) as Waited;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #heard(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.once("message", resolve);
      this.#worker.once("error", reject);
    });
  }
}

if (!isMainThread && parentPort && isReading(workerData)) {
  const { url, path, token } = workerData;
  const port = parentPort;
  const wire = new Wire(url);
  let reading: Promise<Waited> | undefined;
  let stopped = false;
  port.on("message", (said: "start" | "stop") => {
    if (said === "start") {
      stopped = false;
      reading = readUntil(() => stopped);
    } else {
      stopped = true;
      void reading!.then((waited) => port.postMessage(waited));
    }
  });

  const readUntil = async (end: () => boolean): Promise<Waited> => {
    const times: number[] = [];
    const failures: string[] = [];
    // the first answer tells that it is under way
    while (!end() || times.length < 5) {
      const started = performance.now();
      const answer = await wire.send({ path, token }).catch((error: unknown) => String(error));
      times.push(performance.now() - started);
      if (times.length === 1) port.postMessage("reading");
      if (typeof answer === "string") failures.push(answer);
      else if (answer.status !== 200) failures.push(`status ${answer.status}`);
      await sleep(2);
    }
    times.sort((a, b) => a - b);
    return { p99Ms: times[Math.min(times.length - 1, Math.floor(times.length * 0.99))]!, failures };
  };
}

function isReading(data: unknown): data is Reading {
  return typeof data === "object" && data !== null && "url" in data && "path" in data;
}
