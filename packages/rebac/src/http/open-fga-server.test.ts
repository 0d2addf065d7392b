import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { MemoryTupleStore } from "../drivers/memory/memory-tuple-store.ts";
import { embeddedOpenFga } from "../embedded-open-fga.ts";
import type { EmbeddedOpenFga } from "../open-fga.ts";
import { serveHttp, type OpenFgaServer } from "./open-fga-server.ts";

/** What upstream's server 1.18.1 answered: the text where it can be the same, else its code; which headers were there, as bits. */
interface Recorded {
  method: string;
  path: string;
  body?: unknown;
  status: number;
  answer?: string;
  code?: string;
  headers: number;
}

const recorded = JSON.parse(readFileSync(new URL("../testing/wire-answers.json", import.meta.url), "utf8")) as Recorded[];

const direct = (...types: object[]): object => ({ directly_related_user_types: types });
const model = {
  schema_version: "1.1",
  type_definitions: [
    { type: "user" },
    {
      type: "doc",
      relations: {
        p: { this: {} },
        w: { this: {} },
        r: {
          union: {
            child: [
              { this: {} },
              { computedUserset: { relation: "w" } },
              { tuple_to_userset: { tupleset: { relation: "p" }, computed_userset: { relation: "r" } } },
            ],
          },
        },
        x: { difference: { base: { computedUserset: { relation: "r" } }, subtract: { computedUserset: { relation: "w" } } } },
      },
      metadata: {
        relations: { p: direct({ type: "doc" }), w: direct({ type: "user" }), r: direct({ type: "user" }, { type: "user", wildcard: {} }) },
      },
    },
  ],
  conditions: { cond: { name: "cond", expression: "x > 1", parameters: { x: { type_name: "TYPE_NAME_INT" } } } },
};

let fga: EmbeddedOpenFga;
let server: OpenFgaServer;
let url: string;

before(async () => {
  fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  server = await serveHttp({ fga, host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${server.port}`;
});

after(async () => {
  await server.close();
  await fga.close();
});

const send = (path: string, method: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url + path, { method, headers, body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body) });

/** What was cut out of the recording, put back. */
function whole(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/^<(\d+) x>$/, (_, length: string) => "x".repeat(Number(length)));
  if (Array.isArray(value)) return value.map(whole);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, whole(item)]));
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted((value as Record<string, unknown>)[name])]),
  );
};

test("answers are those of upstream's server", async () => {
  const storeId = ((await (await send("/stores", "POST", { name: "wire" })).json()) as { id: string }).id;
  const modelId = (
    (await (await send(`/stores/${storeId}/authorization-models`, "POST", model)).json()) as { authorization_model_id: string }
  ).authorization_model_id;
  const shown = (text: string): string => {
    const same = text
      .replaceAll(storeId, "$S")
      .replaceAll(modelId, "$M")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replace(/\b01[0-9A-Z]{24}\b/g, "ULID")
      .replace(/"continuation_token":"[^"]+"/g, '"continuation_token":"T"');
    try {
      return JSON.stringify(sorted(JSON.parse(same)));
    } catch {
      return same;
    }
  };
  for (const { method, path, body, status, answer, code, headers } of recorded) {
    const what = `${method} ${path} ${JSON.stringify(body) ?? ""}`;
    const response = await send(
      path.replace("$S", storeId).replace("$M", modelId),
      method,
      method === "GET" || method === "HEAD" ? undefined : whole(body),
    );
    const text = await response.text();
    assert.equal(response.status, status, `${what}: ${text}`);
    if (answer !== undefined) assert.equal(shown(text), answer, what);
    else if (code) assert.equal((JSON.parse(text) as { code: string }).code, code, what);
    const given = ["x-request-id", "openfga-store-id", "openfga-authorization-model-id"].reduce(
      (bits, name, i) => bits | (response.headers.has(name) ? 1 << i : 0),
      0,
    );
    if (!path.includes("streamed")) assert.equal(given, headers, `headers of ${what}`);
    assert.equal(response.headers.get("content-type")?.startsWith("application/json") ?? status === 204, true, what);
  }
});

test("a pre-shared key is required where there are any", async () => {
  const guarded = await serveHttp({ fga, host: "127.0.0.1", port: 0, keys: ["one", "two"] });
  const ask = async (authorization?: string): Promise<{ status: number; code: string | undefined }> => {
    const response = await fetch(`http://127.0.0.1:${guarded.port}/stores`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    return { status: response.status, code: ((await response.json()) as { code?: string }).code };
  };
  assert.deepEqual(await ask(), { status: 401, code: "bearer_token_missing" });
  assert.deepEqual(await ask("Basic one"), { status: 401, code: "bearer_token_missing" });
  assert.deepEqual(await ask("Bearer three"), { status: 401, code: "unauthenticated" });
  assert.deepEqual(await ask("Bearer two"), { status: 200, code: undefined });
  assert.equal((await fetch(`http://127.0.0.1:${guarded.port}/healthz`)).status, 200, "health needs none");
  await guarded.close();
});

test("what is nested too deeply is refused, not tried", async () => {
  const { id } = (await (await send("/stores", "POST", { name: "deep" })).json()) as { id: string };
  const deep = (open: string, close: string, inner: string, times: number): string => open.repeat(times) + inner + close.repeat(times);
  const rewrite = deep('{"union":{"child":[{"this":{}},', "]}}", '{"this":{}}', 3_000);
  const model = `{"schema_version":"1.1","type_definitions":[{"type":"user","relations":{"a":${rewrite}}}]}`;
  const refused = await send(`/stores/${id}/authorization-models`, "POST", model);
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [400, "validation_error"]);
  const context = deep('{"a":[', "]}", "1", 3_000);
  const asked = await send(
    `/stores/${id}/check`,
    "POST",
    `{"tuple_key":{"user":"user:a","relation":"r","object":"doc:1"},"context":${context}}`,
  );
  assert.deepEqual([asked.status, ((await asked.json()) as { code: string }).code], [400, "validation_error"]);
});

test("an unforeseen failure is reported and tells the caller nothing", async () => {
  const errors: unknown[] = [];
  const broken = Object.create(fga) as EmbeddedOpenFga;
  broken.listStores = () => {
    throw new Error("a secret");
  };
  const other = await serveHttp({ fga: broken, host: "127.0.0.1", port: 0, onError: (error) => errors.push(error) });
  const response = await fetch(`http://127.0.0.1:${other.port}/stores`);
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { code: "internal_error", message: "Internal Server Error" });
  assert.equal(errors.length, 1);
  await other.close();
});
