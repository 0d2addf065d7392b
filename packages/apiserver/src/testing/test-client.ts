import { Agent, request } from "node:https";

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** the body as JSON; undefined when it is none */
  // biome-ignore lint: answers of a test are looked into freely
  readonly body: any;
}

export interface TestRequest {
  body?: unknown;
  headers?: Record<string, string>;
}

/** Sends requests over HTTP/1.1 to one server, for tests. */
export class TestClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, ca: string) {
    this.#url = url;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  send(method: string, path: string, { body, headers = {} }: TestRequest = {}): Promise<TestAnswer> {
    const bytes = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            ...(bytes === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(bytes)) }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: answer.statusCode!, headers: answer.headers, text, body: parsed(text) });
          });
          answer.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(bytes);
    });
  }

  get = (path: string, headers?: Record<string, string>): Promise<TestAnswer> => this.send("GET", path, { headers: headers ?? {} });
  post = (path: string, body: unknown, headers?: Record<string, string>): Promise<TestAnswer> =>
    this.send("POST", path, { body, headers: headers ?? {} });
  put = (path: string, body: unknown): Promise<TestAnswer> => this.send("PUT", path, { body });
  delete = (path: string, body?: unknown): Promise<TestAnswer> => this.send("DELETE", path, body === undefined ? {} : { body });
  patch = (path: string, body: unknown, type = "application/merge-patch+json"): Promise<TestAnswer> =>
    this.send("PATCH", path, { body, headers: { "content-type": type } });

  /** The events of a watch, one after another; ends with the stream. */
  async *watch(path: string, headers: Record<string, string> = {}): AsyncGenerator<{ type: string; object: any }> {
    const answer = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { agent: this.#agent, headers }, resolve);
      sent.on("error", reject);
      sent.end();
    });
    try {
      let rest = "";
      for await (const chunk of answer) {
        rest += String(chunk);
        const lines = rest.split("\n");
        rest = lines.pop()!;
        for (const line of lines) if (line !== "") yield JSON.parse(line) as { type: string; object: any };
      }
    } finally {
      answer.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
