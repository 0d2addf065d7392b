import type { Readable } from "node:stream";
import { requestEntityTooLarge } from "@meshplane/apimachinery";

/** wire 7 */
export const requestBodyBytesMax = 3 << 20;

/** The client went away in the middle of its body: nobody is there to be answered. */
export class RequestAborted extends Error {
  constructor() {
    super("the client ended the request before its body was complete");
    this.name = "RequestAborted";
  }
}

/** @throws StatusError 413 as soon as the limit is passed; the rest is then discarded unread */
export function readStream(stream: Readable, declaredLength: string | undefined, bytesMax: number): Promise<Uint8Array> {
  if (declaredLength !== undefined && Number(declaredLength) > bytesMax) {
    stream.resume();
    return Promise.reject(tooLarge(bytesMax));
  }
  return new Promise((resolve, reject) => {
    let first: Uint8Array | undefined;
    let rest: Uint8Array[] | undefined;
    let size = 0;
    stream.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > bytesMax) {
        first = rest = undefined;
        reject(tooLarge(bytesMax));
        return;
      }
      if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    });
    let done = false;
    stream.on("end", () => {
      done = true;
      resolve(rest ? Buffer.concat(rest, size) : (first ?? new Uint8Array()));
    });
    const abort = (): void => {
      // making an error costs more than reading a small body
      if (!done) reject(new RequestAborted());
    };
    stream.on("error", abort);
    stream.on("close", abort);
  });
}

const tooLarge = (bytesMax: number) => requestEntityTooLarge(`limit is ${bytesMax}`);
