import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, TestClient } from "../testing/index.ts";
import type { TestServer } from "../testing/index.ts";

let server: TestServer;
let client: TestClient;
before(async () => {
  server = await startTestServer();
  client = new TestClient(server.url, server.ca);
});
after(async () => {
  client.close();
  await server.stop();
});

const path = (cluster: string): string => `/clusters/${cluster}/api/v1/namespaces/default/configmaps`;
const configMap = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}): object => ({
  metadata: { name, labels },
  data,
});

type Event = { type: string; object: any };
async function take(events: AsyncGenerator<Event>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${object.metadata?.name ?? object.reason ?? ""}`);
    if (seen.length === count) break;
  }
  return seen;
}

test("a watch begins with what is there and goes on with what happens", async () => {
  const url = path("plain");
  await client.post(url, configMap("a"));
  const events = take(client.watch(`${url}?watch=1`), 4);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client.post(url, configMap("b"));
  await client.patch(`${url}/a`, { data: { k: "v" } });
  await client.delete(`${url}/b`);
  assert.deepEqual(await events, ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
});

test("a watch from a version tells what came after it, even behind the ring", async () => {
  const url = path("resume");
  const { body } = await client.post(url, configMap("a"));
  await client.post(url, configMap("b"));
  await client.delete(`${url}/a`);
  assert.deepEqual(await take(client.watch(`${url}?watch=1&resourceVersion=${body.metadata.resourceVersion}`), 2), [
    "ADDED b",
    "DELETED a",
  ]);
});

test("entering and leaving a selector is ADDED and DELETED, with the old content and the new version", async () => {
  const url = path("selector");
  const { body } = await client.post(url, configMap("a", { app: "no" }));
  const events: Event[] = [];
  const watching = (async () => {
    for await (const event of client.watch(`${url}?watch=1&labelSelector=app%3Dyes&resourceVersion=${body.metadata.resourceVersion}`)) {
      events.push(event);
      if (events.length === 3) break;
    }
  })();
  await client.patch(`${url}/a`, { metadata: { labels: { app: "yes" } } });
  await client.patch(`${url}/a`, { data: { k: "v" } });
  const last = await client.patch(`${url}/a`, { metadata: { labels: { app: "gone" } }, data: { k: "w" } });
  await watching;
  assert.deepEqual(
    events.map(({ type }) => type),
    ["ADDED", "MODIFIED", "DELETED"],
  );
  assert.deepEqual(events[2]!.object.data, { k: "v" });
  assert.equal(events[2]!.object.metadata.resourceVersion, last.body.metadata.resourceVersion);
});

test("a deletion has a version of its own", async () => {
  const url = path("deletion");
  const { body } = await client.post(url, configMap("a"));
  const watching = client.watch(`${url}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
  await client.delete(`${url}/a`);
  const { value } = await watching.next();
  assert.equal(value.type, "DELETED");
  assert.ok(Number(value.object.metadata.resourceVersion) > Number(body.metadata.resourceVersion));
  await watching.return(undefined);
});

test("initial events end with a marked bookmark", async () => {
  const url = path("initial");
  await client.post(url, configMap("a"));
  const watching = client.watch(`${url}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  assert.equal((await watching.next()).value.type, "ADDED");
  const { value } = await watching.next();
  assert.equal(value.type, "BOOKMARK");
  assert.equal(value.object.metadata.annotations["k8s.io/initial-events-end"], "true");
  assert.equal((await watching.next()).value.type, "BOOKMARK");
  await watching.return(undefined);
});

test("a watch ends when its time is over; garbage and too old versions are told", async () => {
  const url = path("ends");
  assert.deepEqual(await take(client.watch(`${url}?watch=1&timeoutSeconds=1`), 9), []);
  assert.equal((await client.get(`${url}?watch=1&resourceVersion=abc`)).status, 500);
  assert.equal((await client.get(`${url}?watch=1&sendInitialEvents=true`)).status, 422);
  await client.post(url, configMap("a"));
  await client.post(url, configMap("b"));
  await server.store.compact(await server.store.revision());
  const old = await startOnCompacted();
  assert.deepEqual(old, ["ERROR Expired"]);
});

/** A second server on the same store: its ring is empty. */
async function startOnCompacted(): Promise<string[]> {
  const second = await startTestServer({ store: server.store });
  const other = new TestClient(second.url, second.ca);
  const seen = await take(other.watch(`${path("ends")}?watch=1&resourceVersion=1`), 9);
  other.close();
  await second.api.drain();
  await second.listener.close(100);
  return seen;
}

test("a wildcard watch hears of all clusters, in Table form too", async () => {
  const events = take(client.watch(`/clusters/*/api/v1/configmaps?watch=1&resourceVersion=${await server.store.revision()}`), 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client.post(path("one"), configMap("a"));
  await client.post(path("two"), configMap("b"));
  assert.deepEqual(await events, ["ADDED a", "ADDED b"]);
  const table = client.watch(`${path("one")}?watch=1`, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
  const { value } = await table.next();
  assert.deepEqual([value.object.kind, value.object.columnDefinitions.length, value.object.rows[0].cells[0]], ["Table", 2, "a"]);
  await table.return(undefined);
});
