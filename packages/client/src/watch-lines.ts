import { decodeJson, type KubeObject } from "@meshplane/apimachinery";
import type { WatchEvent } from "./object-client.ts";
import { statusOfEvent } from "./status-of-answer.ts";
import { TransportError } from "./transport/transport-error.ts";

/** No server sends events near this; a stream without line ends must not fill the memory. */
const lineMaxBytes = 64 * 1024 * 1024;

/** The lines of a body, without their ends. @throws TransportError BadAnswer when the last one has no end, or one is too long */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, end);
      from = end + 1;
      if (size > 0) {
        parts.push(tail);
        yield Buffer.concat(parts);
        parts = [];
        size = 0;
      } else if (tail.length > 0) yield tail;
    }
    if (from < chunk.length) {
      parts.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > lineMaxBytes) throw new TransportError("BadAnswer", "a watch event is longer than 64 MiB");
    }
  }
  if (size > 0 && Buffer.concat(parts).toString("utf8").trim() !== "") {
    throw new TransportError("BadAnswer", "the watch ended in the middle of an event");
  }
}

/** The events of a watch. @throws StatusError what an ERROR event tells; TransportError when the stream is cut or is no watch */
export async function* eventsOf<T extends KubeObject>(body: AsyncIterable<Uint8Array>): AsyncIterable<WatchEvent<T>> {
  for await (const line of linesOf(body)) {
    let event: WatchEvent<T>;
    try {
      event = decodeJson(line).value as unknown as WatchEvent<T>;
    } catch (error) {
      throw new TransportError("BadAnswer", "a watch event is not JSON", { cause: error });
    }
    if (event?.type === "ERROR") throw statusOfEvent(event.object);
    if (typeof event?.type !== "string" || typeof event.object !== "object" || event.object === null) {
      throw new TransportError("BadAnswer", "a line of the watch is not an event");
    }
    yield event;
  }
}
