/**
 * YAML of strangers, without holding up others: what is large is parsed on a thread of its own, which is started on demand and goes when it is not used. The parser takes about
 * 15 µs for a line, so a megabyte would stop everybody for a second.
 */
import type { Worker } from "node:worker_threads";
import { badRequest, decodeJson, decodeYaml, YamlDepthError, YamlSyntaxError, type JsonValue } from "@meshplane/apimachinery";
import { turnsFor } from "../take-turns.ts";
import type { YamlAnswer, YamlQuestion } from "./yaml-worker.ts";

export interface ParsedYaml {
  value: JsonValue;
  duplicates: string[];
  duplicatesText?: string | undefined;
}

const onThisThreadBytesMax = 64 * 1024;
const parseMsMax = 10_000;
const idleMsMax = 30_000;

/** @throws YamlSyntaxError; StatusError 400 for what takes too long */
export async function parseYaml(bytes: Uint8Array): Promise<ParsedYaml> {
  if (bytes.length <= onThisThreadBytesMax) {
    try {
      return decodeYaml(bytes);
    } catch (error) {
      // the thread's stack is larger
      if (!(error instanceof YamlDepthError)) throw error;
    }
  }
  if (bytes[0] === 0x7b) {
    // server-side apply sends JSON under YAML's name
    try {
      return decodeJson(bytes);
    } catch {
      // flow style then: the thread knows
    }
  }
  const answer = await thread.ask(Buffer.from(bytes).toString("utf8"));
  if ("error" in answer) throw new YamlSyntaxError(answer.error);
  await turnsFor(answer.json.length)?.();
  return { value: decodeJson(answer.json).value, duplicates: answer.duplicates, duplicatesText: answer.duplicatesText };
}

/** One document at a time; a thread that takes too long is ended, with what it was doing. */
class YamlThread {
  #worker: Promise<Worker> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  ask(text: string): Promise<YamlAnswer> {
    const answer = this.#turn.then(() => this.#parse(text));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #parse(text: string): Promise<YamlAnswer> {
    clearTimeout(this.#idle);
    const worker = await (this.#worker ??= startWorker());
    try {
      return await answerOf(worker, text);
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#idle = setTimeout(() => this.#end(), idleMsMax);
      this.#idle.unref();
    }
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.then((it) => it.terminate());
  }
}

const thread = new YamlThread();

function answerOf(worker: Worker, text: string): Promise<YamlAnswer> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
    };
    const onMessage = (answer: YamlAnswer) => {
      settle();
      resolve(answer);
    };
    // an exhausted heap or stack of the thread is the document's fault
    const onEnd = () => {
      settle();
      reject(badRequest("the YAML document is too complex"));
    };
    const timer = setTimeout(() => {
      settle();
      reject(badRequest("the YAML document takes too long to read"));
    }, parseMsMax);
    worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
    worker.postMessage({ text } satisfies YamlQuestion);
  });
}

async function startWorker(): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  // beside this file in the source, beside the program in a bundle
  const file = new URL(import.meta.url.endsWith(".ts") ? "./yaml-worker.ts" : "../yaml-worker.mjs", import.meta.url);
  const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16, stackSizeMb: 32 } });
  worker.unref();
  worker.on("error", () => {}); // whoever waits is told; between two documents nobody does
  return worker;
}
