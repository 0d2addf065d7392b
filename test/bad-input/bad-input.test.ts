/** Whatever comes in, the answer is upstream's, the others are served meanwhile, and the memory comes back. */
import assert from "node:assert/strict";
import { connect as connectHttp2, constants, type ClientHttp2Session } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { after, before, describe, test } from "node:test";
import { administratorToken } from "../isolation/administrator-token.ts";
import { Wire, type WireAnswer } from "../isolation/wire.ts";
import { startServer, type RunningServer } from "../support/start-server.ts";
import { Bystander } from "./bystander.ts";
import { residentBytes } from "./memory.ts";
import { rows, widgetGroup, workspace, type Expected, type Row } from "./rows.ts";

const configmaps = `/clusters/${workspace}/api/v1/namespaces/default/configmaps`;
const memorySlack = 100 * 1024 * 1024;
/** The goal. It holds on a quiet machine only, so `run.ts --strict` alone insists on it, and asks up to three times. */
const p99MsGoal = 50;
const strict = process.env["BAD_INPUT_STRICT"] === "1";
const p99MsMax = strict ? p99MsGoal : 2_000;

let server: RunningServer;
let token: string;
let wire: Wire;
let bystander: Bystander;
const halfOpen: Socket[] = [];
let halfStreams = 0;
const halfAnswers: number[] = [];

before(async () => {
  server = await startServer();
  token = administratorToken(server.rootDirectory);
  wire = new Wire(server.url);
  await prepare();
  bystander = new Bystander({ url: server.url, path: `${configmaps}/kept`, token });
  openHalf();
});

after(async () => {
  for (const socket of halfOpen) socket.destroy();
  wire?.close();
  await bystander?.close();
  await server?.stop();
});

describe("rows", () => {
  let n = 0;
  for (const row of rows)
    test(row.name, async () => {
      const first = await ask(row, n++);
      requireExpected(first, row.expect);
      const memory = residentBytes(server.process.pid!);
      await requireServed(row.name, async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => ask(row, n++)));
        for (const answer of answers) requireExpected(answer, row.expect);
      });
      await requireMemory(memory);
    });

  test("nothing was polluted", async () => {
    const answer = await wire.send({ path: `${configmaps}/kept`, token });
    assert.doesNotMatch(answer.body.toString(), /polluted/);
  });
});

test("what strangers ask for is not remembered", async () => {
  const ask = async (from: number) => {
    for (let round = from; round < from + 125; round++)
      await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          const stranger = `${round}-${i}-${"g".repeat(100_000)}`;
          const headers = { accept: `application/json;x=${stranger}`, "user-agent": stranger };
          const path = `/clusters/${workspace}/apis/${stranger}/v1/things?labelSelector=${stranger}`;
          const answer = await wire.send({ path, headers, http1: true });
          assert.equal(answer.status, 403);
        }),
      );
  };
  await ask(0); // by now the heap is as large as such requests make it
  const memory = residentBytes(server.process.pid!);
  const { failures } = await bystander.during(() => ask(125));
  assert.deepEqual(failures, []);
  await requireMemory(memory);
});

test("5 000 streams opened and reset leave the others alone", async () => {
  const memory = residentBytes(server.process.pid!);
  await requireServed("rapid resets", async () => {
    const session = connectHttp2(server.url, { rejectUnauthorized: false });
    session.on("error", () => {});
    for (let round = 0; round < 100 && !session.destroyed; round++) {
      for (let i = 0; i < 50; i++) {
        const stream = session.request({ ":path": `${configmaps}?watch=true`, authorization: `Bearer ${token}` });
        stream.on("error", () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await sleep(5);
    }
    session.destroy();
  });
  await requireMemory(memory);
});

/** nghttp2, in Node, reads no larger value and has no setting for it; upstream reads a megabyte of headers. They do come through HTTP/1.1. */
test("an HTTP/2 header of more than 64 KiB ends its own connection and no other", async () => {
  const path = `${configmaps}/${"n".repeat(200_000)}`;
  const { failures } = await bystander.during(async () => {
    const other = new Wire(server.url);
    for (let i = 0; i < 10; i++) await assert.rejects(other.send({ path, token }), /COMPRESSION_ERROR|GOAWAY|cancelled|closed/);
    assert.equal((await other.send({ path: `${configmaps}/kept`, token })).status, 200, "a new connection is served");
    other.close();
  });
  assert.deepEqual(failures, []);
});

test("a watcher that reads is not cut, however large the events", async () => {
  const large = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "very-large" } };
  await wire.json("POST", configmaps, token, large);
  const reader = new ReadingWatcher(server.url, `${configmaps}?watch=true&fieldSelector=metadata.name%3Dvery-large`, token);
  await reader.opened;
  let last = "";
  for (let i = 0; i < 30; i++) {
    const data = { value: String(i).padStart(4, "0") + "x".repeat(1_000_000) };
    last = (await wire.json("PUT", `${configmaps}/very-large`, token, { ...large, data })).metadata.resourceVersion;
  }
  const deadline = performance.now() + 10_000;
  while (reader.seen.at(-1) !== last && performance.now() < deadline) await sleep(20);
  reader.close();
  assert.equal(reader.seen.at(-1), last);
  assert.equal(reader.reopened, 0);
});

test("a watcher that does not read is closed; another misses nothing", { timeout: 120_000 }, async () => {
  const events = 1_000;
  const path = `${configmaps}?watch=true&fieldSelector=metadata.name%3Dlarge`;
  const large = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "large" } };
  await wire.json("POST", configmaps, token, large);
  const { hostname, port } = new URL(server.url);
  const memory = residentBytes(server.process.pid!);

  // reads the head, then nothing
  const stalled = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
  stalled.on("error", () => {});
  stalled.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await new Promise((resolve) => stalled.once("data", resolve));
  stalled.pause();

  const reader = new ReadingWatcher(server.url, path, token);
  await reader.opened;

  const versions: string[] = [];
  const { failures, p99Ms } = await bystander.during(async () => {
    for (let i = 0; i < events; i++) {
      const data = { value: String(i).padStart(4, "0") + "x".repeat(210_000) };
      const changed = await wire.json("PUT", `${configmaps}/large`, token, { ...large, data });
      versions.push(changed.metadata.resourceVersion);
    }
  });
  console.log(`# say: 200 MB of events: another client's GET p99 was ${p99Ms.toFixed(0)} ms`);
  const deadline = performance.now() + 10_000;
  while (reader.seen.at(-1) !== versions.at(-1) && performance.now() < deadline) await sleep(20);
  reader.close();
  assert.deepEqual(reader.seen.slice(-events), versions, "the reading watcher sees every version in order");
  console.log(`# say: the reading watcher had to come back ${reader.reopened} times`);
  assert.deepEqual(failures, []);

  // what the sockets' buffers held still comes, then the end
  let got = 0;
  stalled.on("data", (chunk) => (got += chunk.length));
  const ended = new Promise<boolean>((resolve) => {
    stalled.once("close", () => resolve(true));
    stalled.once("end", () => resolve(true));
    setTimeout(() => resolve(false), 10_000).unref();
  });
  stalled.resume();
  assert.ok(await ended, "the stalled watcher was not closed");
  assert.ok(got < 100_000_000, `the stalled watcher was kept ${got} bytes`);
  stalled.destroy();
  await requireMemory(memory);
});

test("half-open connections are freed", { timeout: 90_000 }, async () => {
  const deadline = performance.now() + 75_000;
  while ((halfStreams > 0 || halfOpen.some((socket) => !socket.closed)) && performance.now() < deadline) await sleep(200);
  assert.equal(halfOpen.filter((socket) => !socket.closed).length, 0, "still open");
  assert.equal(halfStreams, 0, "streams with half a body");
  assert.deepEqual(new Set(halfAnswers), new Set([504]));
});

/** Reads on, and comes back with the last version when its stream ends, as client-go does. */
class ReadingWatcher {
  readonly seen: string[] = [];
  readonly opened: Promise<void>;
  reopened = 0;
  readonly #session: ClientHttp2Session;
  #closed = false;

  constructor(url: string, path: string, bearer: string) {
    this.#session = connectHttp2(url, { rejectUnauthorized: false, settings: { initialWindowSize: 4 << 20 } });
    this.#session.on("error", () => {});
    this.opened = new Promise((resolve) => this.#open(path, bearer, resolve));
  }

  close(): void {
    this.#closed = true;
    this.#session.destroy();
  }

  #open(path: string, bearer: string, opened?: () => void): void {
    const last = this.seen.at(-1);
    const from = last === undefined ? "" : `&resourceVersion=${last}`;
    const stream = this.#session.request({ ":path": `${path}${from}`, authorization: `Bearer ${bearer}` });
    let chunks: string[] = [];
    stream.setEncoding("utf8");
    stream.on("error", () => {});
    if (opened) stream.once("response", opened);
    stream.on("data", (chunk: string) => {
      const lines = chunk.split("\n");
      for (let i = 0; i < lines.length; i++) {
        chunks.push(lines[i]!);
        if (i === lines.length - 1) return;
        const version = /"resourceVersion":"(\d+)"/.exec(chunks.join(""))?.[1];
        if (version) this.seen.push(version);
        chunks = [];
      }
    });
    stream.on("close", () => {
      if (this.#closed) return;
      this.reopened++;
      this.#open(path, bearer);
    });
  }
}

/** Workspace, kinds and objects that the rows speak of. */
async function prepare(): Promise<void> {
  const workspaces = "/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces";
  const [, name] = workspace.split(":");
  await wire.json("POST", workspaces, token, { apiVersion: "tenancy.kcp.io/v1alpha1", kind: "Workspace", metadata: { name } });
  for (;;) {
    const { status } = await wire.json("GET", `${workspaces}/${name}`, token);
    if (status?.phase === "Ready") break;
    await sleep(20);
  }
  const crds = `/clusters/${workspace}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
  const define = (kind: string, spec: object) =>
    wire.json("POST", crds, token, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${kind.toLowerCase()}s.${widgetGroup}` },
      spec: {
        group: widgetGroup,
        scope: "Namespaced",
        names: { kind, plural: `${kind.toLowerCase()}s` },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { spec } } } }],
      },
    });
  await define("Widget", { type: "object", "x-kubernetes-preserve-unknown-fields": true });
  await define("Pattern", {
    type: "object",
    properties: { nested: { type: "string", pattern: "^(a+)+$" }, cel: { type: "string", maxLength: 100 } },
    "x-kubernetes-validations": [{ rule: "!has(self.cel) || self.cel.matches('^(a+)+$')", message: "not only a" }],
  });
  await wire.json("POST", configmaps, token, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kept" }, data: { a: "1" } });
  for (const kept of ["kept", "applied"]) {
    const body = { apiVersion: `${widgetGroup}/v1`, kind: "Widget", metadata: { name: kept }, spec: {} };
    for (;;) {
      const path = `/clusters/${workspace}/apis/${widgetGroup}/v1/namespaces/default/widgets`;
      const headers = { "content-type": "application/json" };
      const made = await wire.send({ method: "POST", path, token, headers, body: JSON.stringify(body) });
      if (made.status === 201) break;
      await sleep(20);
    }
  }
}

/** TCP without TLS, TLS without a request, a request without its end or without the end of its body: they must be gone when the last test looks. */
function openHalf(): void {
  const { hostname, port } = new URL(server.url);
  const kept = (socket: Socket) => {
    socket.on("error", () => {});
    socket.resume();
    halfOpen.push(socket);
  };
  for (let i = 0; i < 50; i++) kept(connectTcp(Number(port), hostname));
  for (let i = 0; i < 20; i++) {
    const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.once("secureConnect", () => socket.write(`GET ${configmaps} HTTP/1.1\r\nHost: x\r\nX-Unfinished: `));
    kept(socket);
  }
  for (const bearer of [token, "nobody"])
    for (let i = 0; i < 20; i++) {
      const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
      const head = `POST ${configmaps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Length: 1000\r\n\r\n{"half`;
      socket.once("secureConnect", () => socket.write(head));
      kept(socket);
    }
  const session = connectHttp2(server.url, { rejectUnauthorized: false });
  session.on("error", () => {});
  for (let i = 0; i < 20; i++) {
    const stream = session.request({ ":method": "POST", ":path": configmaps, authorization: `Bearer ${token}`, "content-length": "1000" });
    stream.on("error", () => {});
    stream.on("response", (headers) => halfAnswers.push(Number(headers[":status"])));
    stream.on("close", () => halfStreams--);
    stream.resume();
    stream.write('{"half');
    halfStreams++;
  }
}

const ask = (row: Row, n: number): Promise<WireAnswer> => {
  const request = row.request(n);
  return wire.send({ ...request, token: request.token ?? token });
};

function requireExpected(answer: WireAnswer, expected: Expected): void {
  const text = answer.body.toString();
  assert.equal(answer.status, expected.status, text.slice(0, 600));
  if (expected.status >= 400 && (expected.message !== undefined || expected.reason !== null)) {
    const status = JSON.parse(text) as { kind: string; status: string; reason?: string; message: string; code: number };
    assert.equal(status.kind, "Status");
    assert.equal(status.status, "Failure");
    assert.equal(status.code, expected.status);
    if (expected.reason !== null) assert.equal(status.reason, expected.reason);
    if (typeof expected.message === "string") assert.equal(status.message, expected.message);
    else if (expected.message) assert.match(status.message, expected.message);
  }
  expected.check?.(answer);
}

/** Another client is served while `work` is under way. */
async function requireServed(name: string, work: () => Promise<void>): Promise<void> {
  for (let tries = strict ? 3 : 1; ;) {
    const { p99Ms, failures } = await bystander.during(work);
    assert.deepEqual(failures, [], "another client's GETs");
    if (p99Ms > p99MsGoal) console.log(`# say: ${name}: another client's GET p99 was ${p99Ms.toFixed(0)} ms`);
    if (p99Ms <= p99MsMax) return;
    assert.ok(--tries > 0, `another client's GET p99 was ${p99Ms} ms`);
  }
}

/** Within 10 s it is no more than 100 MB above what it was. */
async function requireMemory(before: number | undefined): Promise<void> {
  if (before === undefined) return;
  const deadline = performance.now() + 10_000;
  for (;;) {
    const now = residentBytes(server.process.pid!)!;
    if (now - before <= memorySlack) return;
    assert.ok(performance.now() < deadline, `${Math.round((now - before) / 1e6)} MB more than before after 10 s`);
    await sleep(100);
  }
}
