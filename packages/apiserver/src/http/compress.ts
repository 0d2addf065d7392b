import { createGzip, gzip } from "node:zlib";
import type { HttpRequest, HttpResponse, ResponseSink } from "./http-request.ts";
import { untilDrained } from "./h2-connection.ts";

/** wire 4 */
const compressFromBytes = 128 << 10;
/** few and large chunks: each costs a way to the thread pool and back */
const options = { level: 1, memLevel: 9, chunkSize: 256 << 10 };

export function isCompressible(length: number, http: HttpRequest): boolean {
  if (length < compressFromBytes) return false;
  const header = http.headers["accept-encoding"];
  return typeof header === "string" && acceptsGzip(header);
}

export const acceptsGzip = (header: string): boolean =>
  header.split(",", 32).some((part) => {
    const [token, ...parameters] = part.trim().toLowerCase().split(";");
    return token!.trim() === "gzip" && !parameters.some((parameter) => /^\s*q=0(?:\.0*)?\s*$/.test(parameter));
  });

/** A body that is compressed already. */
export async function asGzip({ status, headers }: HttpResponse, gzipped: () => Promise<Uint8Array[]>): Promise<HttpResponse> {
  headers["content-encoding"] = "gzip";
  headers["vary"] = "Accept-Encoding";
  delete headers["content-length"];
  return { status, headers, body: await gzipped() };
}

/** On the thread pool; whole bodies at once, streams as they come. */
export async function compressed(response: HttpResponse): Promise<HttpResponse> {
  const { status, headers, body } = response;
  headers["content-encoding"] = "gzip";
  headers["vary"] = "Accept-Encoding";
  delete headers["content-length"];
  if (typeof body === "function") return { status, headers, body: (sink) => body(new GzipSink(sink)) };
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    gzip(body as Uint8Array | string, options, (error, result) => (error ? reject(error) : resolve(result)));
  });
  return { status, headers, body: bytes };
}

class GzipSink implements ResponseSink {
  readonly #sink: ResponseSink;
  readonly #gzip = createGzip(options);

  constructor(sink: ResponseSink) {
    this.#sink = sink;
    this.#gzip.on("data", (chunk: Uint8Array) => {
      if (sink.write(chunk)) return;
      this.#gzip.pause();
      void sink.drained().then(() => this.#gzip.resume());
    });
    this.#gzip.on("end", () => sink.end());
    this.#gzip.on("error", () => sink.destroy());
    sink.onClose(() => this.#gzip.destroy());
  }
  write(chunk: Uint8Array | string): boolean {
    return this.#gzip.destroyed ? false : this.#gzip.write(chunk);
  }
  drained(): Promise<void> {
    return untilDrained(this.#gzip);
  }
  get buffered(): number {
    return this.#gzip.writableLength + this.#sink.buffered;
  }
  get closed(): boolean {
    return this.#sink.closed;
  }
  onClose(listener: () => void): void {
    this.#sink.onClose(listener);
  }
  end(): void {
    this.#gzip.end();
  }
  destroy(): void {
    this.#sink.destroy();
  }
}
