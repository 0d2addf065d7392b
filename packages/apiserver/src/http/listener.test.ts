import assert from "node:assert/strict";
import { connect as connectHttp2, constants } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { testCert, testKey } from "../testing/test-certificate.ts";
import type { HttpRequest, HttpResponse } from "./http-request.ts";
import { listen } from "./listener.ts";
import type { Listener } from "./listener.ts";

async function withListener(
  handle: (http: HttpRequest) => Promise<HttpResponse>,
  use: (listener: Listener) => Promise<void>,
): Promise<void> {
  const listener = await listen({ handle, port: 0, tls: { key: testKey, cert: testCert } });
  try {
    await use(listener);
  } finally {
    await listener.close(100);
  }
}

const echo = async (http: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body: `${http.method} ${http.path} ${http.query.text} ${Object.keys(http.headers).length} ${(await http.readBody()).length}`,
});

function session(listener: Listener): ClientHttp2Session {
  return connectHttp2(`https://127.0.0.1:${listener.port}`, { ca: testCert });
}

function send(client: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers);
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => (text += chunk));
    stream.on("end", () => resolve(text));
    stream.on("error", reject);
    stream.end(body);
  });
}

/** Everything that a socket says to some bytes. */
function raw(
  socket: {
    on(event: "data", listener: (chunk: Buffer) => void): unknown;
    on(event: "close", listener: () => void): unknown;
    write(text: string): unknown;
  },
  text: string,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

test("one port speaks HTTP/2 and HTTP/1.1", () =>
  withListener(echo, async (listener) => {
    const client = session(listener);
    assert.match(await send(client, { ":path": "/a?b=c", ":method": "POST" }, "body"), /^POST \/a b=c \d+ 4$/);
    client.close();
    const socket = connectTls({
      host: "127.0.0.1",
      port: listener.port,
      ca: testCert,
      ALPNProtocols: ["http/1.1"],
      servername: "localhost",
    });
    assert.match(await raw(socket, "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 200 OK[^]*GET \/x/);
  }));

test("300 headers are read, more than a megabyte of them is 431", () =>
  withListener(echo, async (listener) => {
    const client = session(listener);
    const headers: Record<string, string> = { ":path": "/" };
    for (let i = 0; i < 300; i++) headers[`x-header-${i}`] = "v";
    assert.match(await send(client, headers), /^GET {2}|^GET \/ {2}30\d 0$/);
    client.close();
    const socket = connectTls({ host: "127.0.0.1", port: listener.port, ca: testCert, servername: "localhost" });
    socket.on("error", () => {});
    const answer = await raw(socket, `GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat((1 << 20) + 10_000)}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large/);
  }));

test("many cancelled streams do not end the connection", () =>
  withListener(
    async () => ({ status: 200, headers: {}, body: () => {} }),
    async (listener) => {
      const client = session(listener);
      let goneAway = false;
      client.on("goaway", () => (goneAway = true));
      for (let round = 0; round < 15; round++) {
        await Promise.all(
          Array.from(
            { length: 100 },
            () =>
              new Promise<void>((resolve) => {
                const stream = client.request({ ":path": "/watch" });
                stream.on("response", () => stream.close(constants.NGHTTP2_CANCEL));
                stream.on("close", () => resolve());
                stream.on("error", () => {});
              }),
          ),
        );
      }
      assert.equal(goneAway, false);
      assert.equal(client.closed, false);
      client.close();
    },
  ));

test("plain HTTP is told to use HTTPS", () =>
  withListener(echo, async (listener) => {
    const socket = connectTcp(listener.port, "127.0.0.1");
    socket.on("error", () => {});
    assert.match(
      await raw(socket, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      /^HTTP\/1\.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server\./,
    );
  }));

test("closing lets open requests finish", () =>
  withListener(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { status: 200, headers: {}, body: "late" };
    },
    async (listener) => {
      const client = session(listener);
      const answer = send(client, { ":path": "/" });
      await new Promise((resolve) => setTimeout(resolve, 30));
      const closed = listener.close(2_000);
      assert.equal(await answer, "late");
      await closed;
    },
  ));

test("a stream that is broken off does not end cleanly", async () => {
  const half = async (): Promise<HttpResponse> => ({
    status: 200,
    headers: {},
    body: (sink) => {
      sink.write("half");
      setTimeout(() => sink.destroy(), 10);
    },
  });
  await withListener(half, async (listener) => {
    const client = session(listener);
    await assert.rejects(send(client, { ":path": "/" }));
    client.destroy();
  });
});
