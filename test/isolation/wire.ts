/** Requests as bytes: paths and headers leave as they are given, answers come back unread. HTTP/2 on one connection, HTTP/1.1 when asked. */
import { connect, type ClientHttp2Session } from "node:http2";
import { Agent, request } from "node:https";
import { gunzipSync } from "node:zlib";

export interface WireRequest {
  method?: string;
  /** goes out as it is */
  path: string;
  token?: string | undefined;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer | undefined;
  http1?: boolean;
  timeoutMs?: number;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** As much of an object's shape as these tests look at. */
export interface LooseObject {
  metadata: { name: string; uid: string; resourceVersion: string; namespace?: string };
  spec: Record<string, unknown>;
  data: Record<string, string>;
  status?: Record<string, unknown>;
}

export class Wire {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
  #session: ClientHttp2Session | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  send(wanted: WireRequest): Promise<WireAnswer> {
    return wanted.http1 ? this.#http1(wanted) : this.#http2(wanted);
  }

  /** JSON in, JSON out. @throws when the status is not the wanted one */
  async json(method: string, path: string, token: string, body?: unknown, contentType = "application/json"): Promise<LooseObject> {
    const answer = await this.send({
      method,
      path,
      token,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "content-type": contentType },
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString().slice(0, 2000)}`);
    return JSON.parse(answer.body.toString()) as LooseObject;
  }

  close(): void {
    this.#session?.destroy();
    this.#agent.destroy();
  }

  #http2({ method = "GET", path, token, headers = {}, body, timeoutMs = 30_000 }: WireRequest): Promise<WireAnswer> {
    if (!this.#session || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#url, {
        rejectUnauthorized: false,
        maxSessionMemory: 200,
        // Node's own limits are smaller than the server's
        maxSendHeaderBlockLength: 4 << 20,
        maxHeaderListPairs: 10_000,
      });
      this.#session.on("error", () => {}); // the streams tell
      this.#session.unref();
    }
    const session = this.#session;
    return new Promise((resolve, reject) => {
      const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const stream = session.request({ ":method": method, ":path": path, ...bearer, ...headers }, { endStream: body === undefined });
      const chunks: Buffer[] = [];
      let got: WireAnswer["headers"] = {};
      const timer = setTimeout(
        () => stream.destroy(new Error(`${method} ${path.slice(0, 200)}: no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      stream.on("response", (answer) => (got = answer as WireAnswer["headers"]));
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      stream.on("close", () => {
        clearTimeout(timer);
        const status = Number(got[":status"] ?? 0);
        resolve({ status, headers: got, body: decoded(got, Buffer.concat(chunks)) });
      });
      if (body !== undefined) stream.end(body);
    });
  }

  #http1({ method = "GET", path, token, headers = {}, body, timeoutMs = 30_000 }: WireRequest): Promise<WireAnswer> {
    const { hostname, port } = new URL(this.#url);
    return new Promise((resolve, reject) => {
      const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const asked = request({ hostname, port, method, path, headers: { ...bearer, ...length, ...headers }, agent: this.#agent });
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`${method} ${path.slice(0, 200)}: no answer within ${timeoutMs} ms`)));
      asked.on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode!, headers: answer.headers, body: decoded(answer.headers, Buffer.concat(chunks)) }),
        );
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }
}

function decoded(headers: WireAnswer["headers"], body: Buffer): Buffer {
  return headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}
