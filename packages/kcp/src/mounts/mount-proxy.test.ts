import assert from "node:assert/strict";
import { connect, type ClientHttp2Session } from "node:http2";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { listen, type HttpRequest, type HttpResponse, type Listener } from "@meshplane/apiserver";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { createMountProxy } from "./mount-proxy.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const tls = { key: testKey, cert: testCert };
const proxy = createMountProxy({ log: silent, ca: testCert });

let mounted: Listener;
let shard: Listener;
let client: ClientHttp2Session;
let mountUrl: string;
/** what the mounted server does with the next requests */
let serve: (http: HttpRequest) => Promise<HttpResponse>;

before(async () => {
  mounted = await listen({ handle: (http) => serve(http), port: 0, tls });
  mountUrl = `https://127.0.0.1:${mounted.port}/base`;
  shard = await listen({
    handle: (http) => proxy(http, mountUrl, http.path).catch(({ code }: { code: number }) => ({ status: code, headers: {}, body: "" })),
    port: 0,
    tls,
  });
  client = connect(`https://127.0.0.1:${shard.port}`, { ca: testCert });
});
after(async () => {
  client.destroy();
  await shard.close(0);
  await mounted.close(0);
});

function ask(headers: Record<string, string>, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers);
    let status = 0;
    let text = "";
    stream.setEncoding("utf8");
    stream.on("response", (answer) => (status = answer[":status"]!));
    stream.on("data", (chunk: string) => (text += chunk));
    stream.on("end", () => resolve({ status, text }));
    stream.on("error", reject);
    stream.end(body);
  });
}

const tell = async (http: HttpRequest): Promise<HttpResponse> => ({
  status: 201,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    method: http.method,
    path: http.path,
    query: http.query.text,
    headers: http.headers,
    body: Buffer.from(await http.readBody()).toString(),
  }),
});

test("method, path, query, body and credentials arrive; who somebody claims to be by header does not", async () => {
  serve = tell;
  const { status, text } = await ask(
    {
      ":path": "/api/v1/things?watch=0",
      ":method": "POST",
      authorization: "Bearer t",
      "x-remote-user": "root",
      "x-remote-group": "system:masters",
      "x-remote-extra-scopes": "*",
    },
    "body",
  );
  assert.equal(status, 201);
  const seen = JSON.parse(text) as { method: string; path: string; query: string; headers: Record<string, string>; body: string };
  assert.deepEqual([seen.method, seen.path, seen.query, seen.body], ["POST", "/base/api/v1/things", "watch=0", "body"]);
  assert.equal(seen.headers["authorization"], "Bearer t");
  assert.equal(seen.headers["host"], `127.0.0.1:${mounted.port}`);
  assert.equal(seen.headers["x-forwarded-host"], `127.0.0.1:${shard.port}`);
  assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
  assert.deepEqual(
    Object.keys(seen.headers).filter((name) => name.startsWith("x-remote")),
    [],
  );
});

test("a stream's pieces come at once, and its end at the client ends it at the mounted server", async () => {
  const ended = Promise.withResolvers<void>();
  serve = async (http) => {
    http.onClose(ended.resolve);
    return { status: 200, headers: {}, body: (sink) => void sink.write("first\n") };
  };
  const stream = client.request({ ":path": "/watch" });
  stream.setEncoding("utf8");
  const first = await new Promise<string>((resolve) => stream.once("data", resolve));
  assert.equal(first, "first\n");
  stream.close();
  await ended.promise;
});

test("a body that the mounted server breaks off is broken off", async () => {
  serve = async () => ({
    status: 200,
    headers: {},
    body: (sink) => {
      sink.write("half");
      setTimeout(() => sink.destroy(), 20);
    },
  });
  const stream = client.request({ ":path": "/x" });
  stream.on("error", () => {});
  await new Promise((resolve) => stream.resume().once("close", resolve));
  assert.equal(stream.aborted || stream.rstCode !== 0, true);
});

test("an answer without a body", async () => {
  serve = async () => ({ status: 204, headers: {}, body: undefined });
  assert.deepEqual(await ask({ ":path": "/x", ":method": "DELETE" }), { status: 204, text: "" });
});

test("requests go round four mounts at most", async () => {
  serve = tell;
  assert.equal((await ask({ ":path": "/x", "x-kcp-mount-hops": "3" })).status, 201);
  assert.equal((await ask({ ":path": "/x", "x-kcp-mount-hops": "4" })).status, 508);
  assert.equal((await ask({ ":path": "/x", "x-kcp-mount-hops": "no" })).status, 508);
});

test("no path leads out of the mount", async () => {
  for (const path of ["/../secret", "/a/%2e%2E/b", "/./x"]) assert.equal((await ask({ ":path": path })).status, 400, path);
});

test("places where no request goes", async () => {
  for (const url of [
    "http://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://[fe80::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://0.0.0.0/",
    "https://user:secret@127.0.0.1/",
    "file:///etc/passwd",
    "",
  ]) {
    const nobody = { method: "GET", path: "/", headers: {}, query: { text: "" } } as unknown as HttpRequest;
    assert.equal((await proxy(nobody, url, "/")).status, 502, url);
  }
});

test("a certificate of somebody else is not believed", async () => {
  serve = tell;
  const strict = createMountProxy({ log: silent });
  const http = {
    method: "GET",
    path: "/",
    headers: {},
    query: { text: "" },
    remoteAddress: "",
    readBody: async () => new Uint8Array(),
    onClose() {},
  } as unknown as HttpRequest;
  assert.equal((await strict(http, mountUrl, "/")).status, 502);
});

test("a tunnel goes through: what either side sends arrives, and the end of one is the end of the other", async () => {
  serve = async (http) => ({
    status: 101,
    headers: { connection: "Upgrade", upgrade: http.headers["upgrade"] as string, "x-protocol": "v5" },
    body: undefined,
    takeOver: (socket, head) => {
      socket.write(head);
      socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
    },
  });
  const socket = connectTls({ port: shard.port, ca: testCert, ALPNProtocols: ["http/1.1"] });
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write("POST /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n");
  while (!text.includes("\r\n\r\n")) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(text, /x-protocol: v5/);
  socket.write("hello");
  while (!text.endsWith("HELLO")) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve));
});

test("who asks for a tunnel may get a plain answer", async () => {
  serve = async () => ({ status: 403, headers: { "content-type": "text/plain" }, body: "no" });
  const socket = connectTls({ port: shard.port, ca: testCert, ALPNProtocols: ["http/1.1"] });
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write("GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.match(text, /no/);
});
