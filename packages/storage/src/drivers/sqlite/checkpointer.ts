import type { Worker } from "node:worker_threads";

interface Pass {
  /** pages in the write-ahead log, and how many of them are in the database file now */
  pages: number;
  moved: number;
}

type Answer = Pass | { code: number | undefined; message: string };

/** As text, so that a bundle needs no second file. Errors go back as their codes: the store decides what they mean. */
const workerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const database = new DatabaseSync(workerData, { timeout: 10000 });
database.exec("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-256");
parentPort.on("message", (message) => {
  if (message === "close") {
    database.close();
    parentPort.close();
    return;
  }
  try {
    const { log, checkpointed } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    parentPort.postMessage({ pages: log, moved: checkpointed });
  } catch (error) {
    parentPort.postMessage({ code: error.errcode, message: error.message });
  }
});
`;

const pagesBeforePause = 400;
const passesWithoutPause = 3;

export interface CheckpointerOptions {
  file: string;
  /** how long the log becomes before it is moved */
  pages: number;
  /** the log has become long enough to be moved */
  onStart: () => void;
  /** commits wait until the promise is settled: the log can only start over when it is moved whole */
  pause: (until: Promise<unknown>) => void;
  onError: (error: Error & { errcode?: number }) => void;
}

/**
 * Moves the write-ahead log into the database file on a thread of its own, so that no commit pays for it. Under constant load the log is
 * never moved whole, so after a few passes commits are held back for the short rest of one; the event loop goes on meanwhile.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #worker: Worker | undefined;
  #waiting: ((answer: Answer) => void) | undefined;
  #pages = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Pages that a commit appended to the log, roughly. */
  wrote(pages: number): void {
    this.#pages += pages;
    if (this.#pages < this.#options.pages || this.#running || this.#closed) return;
    this.#running = this.#checkpoint().finally(() => (this.#running = undefined));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.ref();
    worker.postMessage("close");
    await ended;
  }

  async #checkpoint(): Promise<void> {
    try {
      this.#options.onStart();
      for (let pass = 1; pass <= passesWithoutPause; pass++) {
        const before = this.#pages;
        const { pages, moved } = await this.#pass();
        this.#pages = pages - moved + Math.max(0, this.#pages - before);
        if (this.#pages === 0) return;
        if (this.#pages < pagesBeforePause) break;
      }
      const last = this.#pass();
      this.#options.pause(last);
      const { pages, moved } = await last;
      this.#pages = pages - moved;
    } catch (error) {
      this.#pages = 0; // try again after as much as usual
      this.#options.onError(error as Error);
    }
  }

  async #pass(): Promise<Pass> {
    const worker = (this.#worker ??= await this.#start());
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
      // Commits may wait for the answer, so the process must not end for lack of anything else to do.
      worker.ref();
      worker.postMessage("checkpoint");
    });
    worker.unref();
    if ("message" in answer) throw Object.assign(new Error(answer.message), { errcode: answer.code });
    return answer;
  }

  async #start(): Promise<Worker> {
    const { Worker } = await import("node:worker_threads");
    const worker = new Worker(workerSource, {
      eval: true,
      workerData: this.#options.file,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
    });
    worker.on("message", (answer: Answer) => this.#waiting?.(answer));
    worker.on("error", (error: Error) => this.#waiting?.({ code: undefined, message: error.message }));
    worker.on("exit", () => {
      this.#worker = undefined; // the next pass starts another
      this.#waiting?.({ code: undefined, message: "the checkpoint thread has ended" });
    });
    return worker;
  }
}
