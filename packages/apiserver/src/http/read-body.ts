import type { Readable } from "node:stream";
import { requestEntityTooLarge, timeout } from "@meshplane/apimachinery";

/** wire 7 */
export const requestBodyBytesMax = 3 << 20;

/** A body that stops coming, or drips, does not hold its connection: no connection carries 3 MiB that slowly on purpose. */
export interface BodyPace {
  readonly silenceMsMax: number;
  readonly totalMsMax: number;
}

const usualPace: BodyPace = { silenceMsMax: 15_000, totalMsMax: 60_000 };

/** The client went away in the middle of its body: nobody is there to be answered. */
export class RequestAborted extends Error {
  constructor() {
    super("the client ended the request before its body was complete");
    this.name = "RequestAborted";
  }
}

/** @throws StatusError 413 as soon as the limit is passed, 504 when it takes too long; the rest is then discarded unread */
export function readStream(
  stream: Readable,
  declaredLength: string | undefined,
  bytesMax: number,
  pace: BodyPace = usualPace,
): Promise<Uint8Array> {
  if (declaredLength !== undefined && Number(declaredLength) > bytesMax) {
    stream.resume();
    return Promise.reject(tooLarge(bytesMax));
  }
  return new Promise((resolve, reject) => {
    let first: Uint8Array | undefined;
    let rest: Uint8Array[] | undefined;
    let size = 0;
    const watch = new PaceWatch(pace, () => {
      first = rest = undefined;
      reject(timeout("request did not complete within the allotted timeout"));
    });
    stream.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      watch.heard();
      if (size > bytesMax) {
        first = rest = undefined;
        watch.end();
        reject(tooLarge(bytesMax));
        return;
      }
      if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    });
    let done = false;
    stream.on("end", () => {
      done = true;
      watch.end();
      resolve(rest ? Buffer.concat(rest, size) : (first ?? new Uint8Array()));
    });
    const abort = (): void => {
      // making an error costs more than reading a small body
      if (done) return;
      watch.end();
      reject(new RequestAborted());
    };
    stream.on("error", abort);
    stream.on("close", abort);
  });
}

const lookMs = 1_000;
const watched = new Set<PaceWatch>();
let looking: NodeJS.Timeout | undefined;

function lookAtAll(): void {
  for (const watch of watched) watch.look();
  if (watched.size > 0) return;
  clearInterval(looking);
  looking = undefined;
}

/** Looks after one body. All share one timer that counts: most bodies have come before it looks. */
class PaceWatch {
  readonly #pace: BodyPace;
  readonly #late: () => void;
  #silentMs = 0;
  #totalMs = 0;

  constructor(pace: BodyPace, late: () => void) {
    this.#pace = pace;
    this.#late = late;
    watched.add(this);
    looking ??= setInterval(lookAtAll, lookMs).unref();
  }

  heard(): void {
    this.#silentMs = 0;
  }

  end(): void {
    watched.delete(this);
  }

  look(): void {
    this.#silentMs += lookMs;
    this.#totalMs += lookMs;
    if (this.#silentMs <= this.#pace.silenceMsMax && this.#totalMs <= this.#pace.totalMsMax) return;
    this.end();
    this.#late();
  }
}

const tooLarge = (bytesMax: number) => requestEntityTooLarge(`limit is ${bytesMax}`);
