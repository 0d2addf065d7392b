import assert from "node:assert/strict";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { StatusError } from "@meshplane/apimachinery";
import { createClient } from "../create-client.ts";
import { BlackHole } from "../testing/black-hole.ts";
import { FakeServer } from "../testing/fake-server.ts";
import { testCertificate } from "../testing/test-certificate.ts";
import { until } from "../testing/until.ts";
import { TransportError } from "./transport-error.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const resources = [{ ...configMaps, kind: "ConfigMap", namespaced: true }];
const isTransportError = (code: string) => (error: unknown) => error instanceof TransportError && error.code === code;

for (const protocol of ["h2", "http/1.1"] as const) {
  describe(protocol, () => {
    async function withServer(run: (server: FakeServer, url: string) => Promise<void>): Promise<void> {
      const server = new FakeServer({ resources, protocol });
      const url = await server.start();
      try {
        await run(server, url);
      } finally {
        await server.stop();
      }
    }

    test("an answer that takes too long is a Timeout, and the next request works", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol], timeoutMs: 60 });
        const objects = client.cluster("a").resource(configMaps);
        server.delayMs = 300;
        await assert.rejects(objects.list(), isTransportError("Timeout"));
        server.delayMs = 0;
        assert.deepEqual((await objects.list()).items, []);
        client.close();
      }));

    test("a body that stops in the middle is a Timeout, one that is cut is ConnectionLost", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol], timeoutMs: 100 });
        const objects = client.cluster("a").resource(configMaps);
        server.intercept = (_request, response) => {
          response.writeHead(200, { "content-type": "application/json" });
          response.write('{"kind":"ConfigMapList","apiVersion":');
          return true;
        };
        await assert.rejects(objects.list(), isTransportError("Timeout"));
        server.intercept = (_request, response) => {
          response.writeHead(200, { "content-type": "application/json" });
          response.write('{"kind":"ConfigMapList","apiVersion":');
          setTimeout(() => server.cut(), 10);
          return true;
        };
        await assert.rejects(objects.list(), isTransportError("ConnectionLost"));
        client.close();
      }));

    test("a read survives that the server closed the idle connection", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol] });
        const objects = client.cluster("a").resource(configMaps);
        await objects.list();
        server.cut();
        await objects.list();
        client.close();
      }));

    test("nobody listening is Unreachable", async () => {
      const server = new FakeServer({ resources, protocol });
      const url = await server.start();
      await server.stop();
      const client = createClient({ server: url, protocols: [protocol] });
      await assert.rejects(client.cluster("a").resource(configMaps).list(), isTransportError("Unreachable"));
      client.close();
    });

    test("an aborted watch ends at both sides, a closed client ends all", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol] });
        const objects = client.cluster("a").resource(configMaps);
        const stop = new AbortController();
        const first = drain(objects.watch({ signal: stop.signal }));
        const second = drain(objects.watch());
        await until("watched twice", () => server.watchers === 2);
        stop.abort();
        assert.equal(await first, "Aborted");
        await until("watched once", () => server.watchers === 1);
        client.close();
        assert.equal(await second, "Aborted");
        await until("not watched", () => server.watchers === 0);
        await assert.rejects(objects.list(), isTransportError("Aborted"));
      }));

    test("leaving the loop ends the stream at the server", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol] });
        server.put("configmaps", "a", { metadata: { name: "one", namespace: "default" } });
        for await (const { object } of client.cluster("a").resource(configMaps).watch()) {
          assert.equal(object.metadata.name, "one");
          break;
        }
        await until("not watched", () => server.watchers === 0);
        client.close();
      }));

    test("429 with Retry-After is tried again, 429 without is an error, plain text becomes a Status", () =>
      withServer(async (server, url) => {
        const client = createClient({ server: url, protocols: [protocol] });
        const objects = client.cluster("a").resource(configMaps);
        let refused = 0;
        server.intercept = (_request, response) => {
          if (refused++ > 1) return false;
          response.writeHead(429, { "retry-after": "0", "content-type": "text/plain" });
          response.end("Too many requests, please try again later.");
          return true;
        };
        await objects.list();
        assert.equal(refused, 3);
        server.intercept = (_request, response) => {
          response.writeHead(429, { "content-type": "text/plain" });
          response.end("Too many requests, please try again later.");
          return true;
        };
        await assert.rejects(
          objects.list(),
          (error) =>
            error instanceof StatusError &&
            error.reason === "TooManyRequests" &&
            error.message === "Too many requests, please try again later.",
        );
        client.close();
      }));
  });
}

test("h2: more streams than the server allows go over more connections", async () => {
  const server = new FakeServer({ resources });
  const url = await server.start();
  const client = createClient({ server: url, protocols: ["h2"] });
  const objects = client.cluster("a").resource(configMaps);
  const stop = new AbortController();
  const watches = Array.from({ length: 120 }, () => drain(objects.watch({ signal: stop.signal })));
  await until("all watched", () => server.watchers === 120);
  await objects.list();
  assert.equal(server.connectionsMax, 2);
  stop.abort();
  await Promise.all(watches);
  client.close();
  await server.stop();
});

test("h2: after GOAWAY a watch goes on and new requests take a new connection", async () => {
  const server = new FakeServer({ resources });
  const url = await server.start();
  const client = createClient({ server: url, protocols: ["h2"] });
  const objects = client.cluster("a").resource(configMaps);
  const stop = new AbortController();
  const seen: string[] = [];
  const watch = (async () => {
    for await (const { object } of objects.watch({ signal: stop.signal })) seen.push(object.metadata.name!);
  })().catch(() => {});
  await until("watched", () => server.watchers === 1);
  server.goAway();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await objects.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "late", namespace: "default" } });
  await until("told", () => seen.includes("late"));
  assert.equal(server.connectionsMax, 2);
  stop.abort();
  await watch;
  client.close();
  await server.stop();
});

test("h2: a half-open connection is found by PING", async () => {
  const server = new FakeServer({ resources });
  const hole = new BlackHole(await server.start());
  const client = createClient({ server: await hole.start(), protocols: ["h2"], pingMs: 150 });
  const watch = drain(client.cluster("a").resource(configMaps).watch());
  await until("watched", () => server.watchers === 1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(server.watchers, 1, "answered PINGs change nothing");
  hole.swallow();
  assert.equal(await watch, "ConnectionLost");
  hole.recover();
  await client.cluster("a").resource(configMaps).list();
  client.close();
  await hole.stop();
  await server.stop();
});

test("h2: a reader that stops to read does not hold up other streams of its connection", async () => {
  const server = new FakeServer({ resources });
  const url = await server.start();
  const client = createClient({ server: url, protocols: ["h2"] });
  const objects = client.cluster("a").resource(configMaps);
  const slow = objects.watch()[Symbol.asyncIterator]();
  const first = slow.next();
  await until("watched", () => server.watchers === 1);
  const data = { big: "x".repeat(100_000) };
  for (let i = 0; i < 40; i++) server.put("configmaps", "a", { metadata: { name: `m${i}`, namespace: "default" }, data });
  assert.equal((await first).value?.object.metadata.name, "m0");
  assert.equal((await objects.list()).items.length, 40);
  for (let i = 1; i < 40; i++) assert.equal((await slow.next()).value?.object.metadata.name, `m${i}`);
  assert.equal(server.connectionsMax, 1);
  client.close();
  await server.stop();
});

test("TLS: the server's certificate is checked, and ALPN decides", async () => {
  const body = JSON.stringify({ kind: "ConfigMapList", apiVersion: "v1", metadata: {}, items: [] });
  const servers: [string, Http2SecureServer | ReturnType<typeof createHttpsServer>][] = [
    ["2.0", createSecureServer({ ...testCertificate, allowHTTP1: true })],
    ["1.1", createHttpsServer(testCertificate)],
  ];
  for (const [version, server] of servers) {
    let seen = "";
    server.on("request", (request, response) => {
      seen = request.httpVersion;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const trusting = createClient({ server: url, ca: testCertificate.cert, tlsServerName: "localhost" });
    await trusting.cluster("").resource(configMaps).list();
    assert.equal(seen, version);
    const careless = createClient({ server: url, insecureSkipTlsVerify: true });
    await careless.cluster("").resource(configMaps).list();
    const careful = createClient({ server: url });
    await assert.rejects(careful.cluster("").resource(configMaps).list(), isTransportError("Unreachable"));
    const other = createClient({ server: url, ca: testCertificate.cert, tlsServerName: "example.com" });
    await assert.rejects(other.cluster("").resource(configMaps).list(), isTransportError("Unreachable"));
    for (const client of [trusting, careless, careful, other]) client.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

async function drain(events: AsyncIterable<unknown>): Promise<string> {
  try {
    for await (const _event of events);
    return "ended";
  } catch (error) {
    return error instanceof TransportError ? error.code : String(error);
  }
}
