import * as grpc from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MemoryTupleStore } from "../drivers/memory/memory-tuple-store.ts";
import { modelFromDsl } from "../dsl/model-from-dsl.ts";
import { embeddedOpenFga } from "../embedded-open-fga.ts";
import type { OpenFgaServer } from "../http/open-fga-server.ts";
import type { EmbeddedOpenFga } from "../open-fga.ts";
import { OpenFgaProcess, openFgaForTests } from "../testing/index.ts";
import type { Plain } from "../wire/json.ts";
import type { MessageName } from "../wire/messages.ts";
import { messageFromProtobuf, messageToProtobuf } from "../wire/protobuf.ts";
import { serveGrpc } from "./open-fga-grpc.ts";

const dsl = `model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member, user with later]
condition later(now: timestamp, days: map<int>) {
  now > timestamp("2024-01-01T00:00:00Z")
}
`;

type Ask = (name: string, request: Plain) => Promise<Plain>;

function client(
  address: string,
  key?: string,
): { ask: Ask; stream: (name: string, request: Plain) => Promise<Plain[]>; close: () => void } {
  const connection = new grpc.Client(address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
  const path = (name: string): string => `/openfga.v1.OpenFGAService/${name}`;
  const encode = (name: string) => (message: Plain) => Buffer.from(messageToProtobuf(`${name}Request` as MessageName, message));
  const decode = (name: string) => (bytes: Buffer) => messageFromProtobuf(`${name}Response` as MessageName, bytes);
  return {
    ask: (name, request) =>
      new Promise((resolve, reject) => {
        connection.makeUnaryRequest(path(name), encode(name), decode(name), request, metadata, (error, answer) =>
          error ? reject(error) : resolve(answer!),
        );
      }),
    stream: (name, request) =>
      new Promise((resolve, reject) => {
        const answers: Plain[] = [];
        const call = connection.makeServerStreamRequest(path(name), encode(name), decode(name), request, metadata);
        call.on("data", (answer: Plain) => answers.push(answer));
        call.on("end", () => resolve(answers));
        call.on("error", reject);
      }),
    close: () => connection.close(),
  };
}

const fails = async (code: number, question: Promise<unknown>, details?: RegExp): Promise<void> => {
  await assert.rejects(question, (error: grpc.ServiceError) => {
    assert.equal(error.code, code, error.details);
    if (details) assert.match(error.details, details);
    return true;
  });
};

/** The same conversation with ours and with upstream's server. */
async function talk({ ask, stream }: ReturnType<typeof client>): Promise<void> {
  const { id: storeId } = (await ask("CreateStore", { name: "over grpc" })) as { id: string };
  assert.match(storeId, /^[0-9A-Z]{26}$/);
  const stored = await ask("GetStore", { store_id: storeId });
  assert.equal(stored.name, "over grpc");
  assert.match(stored.created_at as string, /^\d{4}-/);
  const listed = (await ask("ListStores", { page_size: 100, name: "over grpc" })) as { stores: { id: string }[] };
  assert.ok(listed.stores.some(({ id }) => id === storeId));
  await fails(grpc.status.UNIMPLEMENTED, ask("UpdateStore", { store_id: storeId, name: "other" }));
  await fails(5002, ask("GetStore", { store_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }));
  await fails(grpc.status.INVALID_ARGUMENT, ask("GetStore", { store_id: "x" }), /^invalid GetStoreRequest\.StoreId: /);
  await fails(2020, ask("Check", { store_id: storeId, tuple_key: { user: "user:anne", relation: "member", object: "group:1" } }));

  const model = modelFromDsl(dsl);
  const { authorization_model_id: modelId } = await ask("WriteAuthorizationModel", { store_id: storeId, ...model });
  const read = (await ask("ReadAuthorizationModel", { store_id: storeId, id: modelId })) as { authorization_model: Plain };
  assert.deepEqual(JSON.parse(JSON.stringify((read.authorization_model.type_definitions as Plain[])[1]!.metadata)), {
    relations: {
      member: {
        directly_related_user_types: [{ type: "user" }, { type: "group", relation: "member" }, { type: "user", condition: "later" }],
      },
    },
  });
  assert.equal(((read.authorization_model.conditions as Plain).later as Plain).expression, model.conditions!.later!.expression);
  const models = (await ask("ReadAuthorizationModels", { store_id: storeId })) as { authorization_models: Plain[] };
  assert.equal(models.authorization_models[0]!.id, modelId);

  const tuples = [
    { user: "user:anne", relation: "member", object: "group:1" },
    { user: "group:1#member", relation: "member", object: "group:2" },
    { user: "user:beth", relation: "member", object: "group:3", condition: { name: "later", context: { days: { monday: 1 } } } },
  ];
  await ask("Write", { store_id: storeId, writes: { tuple_keys: tuples } });
  await fails(2017, ask("Write", { store_id: storeId, writes: { tuple_keys: [tuples[0]] } }), /cannot write a tuple which already exists/);
  await ask("Write", { store_id: storeId, writes: { tuple_keys: [tuples[0]], on_duplicate: "ignore" } });
  await fails(
    10,
    ask("Write", { store_id: storeId, writes: { tuple_keys: [{ ...tuples[2], condition: undefined }], on_duplicate: "ignore" } }),
  );

  const check = async (user: string, object: string, more: Plain = {}): Promise<boolean> =>
    (await ask("Check", { store_id: storeId, tuple_key: { user, relation: "member", object }, ...more })).allowed === true;
  assert.equal(await check("user:anne", "group:2"), true);
  assert.equal(await check("user:carl", "group:2"), false);
  assert.equal(
    await check("user:carl", "group:2", {
      contextual_tuples: { tuple_keys: [{ user: "user:carl", relation: "member", object: "group:1" }] },
    }),
    true,
  );
  assert.equal(await check("user:beth", "group:3", { context: { now: "2025-01-01T00:00:00Z" } }), true);
  await fails(2000, check("user:beth", "group:3"), /is missing context parameters/);
  await fails(2000, check("user:system:x", "group:3"), /the 'user' field is malformed/);
  await fails(
    2027,
    check("user:anne", "group:2", { contextual_tuples: { tuple_keys: [{ user: "user:carl", relation: "ghost", object: "group:1" }] } }),
  );

  const users = (await ask("ListUsers", {
    store_id: storeId,
    object: { type: "group", id: "2" },
    relation: "member",
    user_filters: [{ type: "user" }],
  })) as { users: Plain[] };
  assert.deepEqual(users.users, [{ object: { type: "user", id: "anne" } }]);
  const objects = (await ask("ListObjects", { store_id: storeId, type: "group", relation: "member", user: "user:anne" })) as {
    objects: string[];
  };
  assert.deepEqual(objects.objects.sort(), ["group:1", "group:2"]);
  const streamed = await stream("StreamedListObjects", { store_id: storeId, type: "group", relation: "member", user: "user:anne" });
  assert.deepEqual(streamed.map(({ object }) => object).sort(), ["group:1", "group:2"]);
  await fails(2021, stream("StreamedListObjects", { store_id: storeId, type: "ghost", relation: "member", user: "user:anne" }));
  const batch = (await ask("BatchCheck", {
    store_id: storeId,
    checks: [
      { tuple_key: { user: "user:anne", relation: "member", object: "group:2" }, correlation_id: "a" },
      { tuple_key: { user: "user:anne", relation: "ghost", object: "group:2" }, correlation_id: "b" },
    ],
  })) as { result: Record<string, Plain> };
  assert.equal(batch.result.a!.allowed, true);
  assert.equal((batch.result.b!.error as Plain).input_error, "validation_error");
  const expanded = (await ask("Expand", { store_id: storeId, tuple_key: { relation: "member", object: "group:2" } })) as {
    tree: { root: Plain };
  };
  assert.deepEqual(expanded.tree.root, { name: "group:2#member", leaf: { users: { users: ["group:1#member"] } } });

  const page = (await ask("Read", { store_id: storeId, page_size: 2 })) as {
    tuples: { key: Plain; timestamp: string }[];
    continuation_token: string;
  };
  const rest = (await ask("Read", { store_id: storeId, continuation_token: page.continuation_token })) as typeof page;
  assert.deepEqual(JSON.parse(JSON.stringify([...page.tuples, ...rest.tuples].map(({ key }) => key))), tuples);
  await ask("Write", { store_id: storeId, deletes: { tuple_keys: [tuples[0]], on_missing: "ignore" } });
  const changes = (await ask("ReadChanges", { store_id: storeId, type: "group" })) as { changes: { operation?: string }[] };
  assert.equal(changes.changes.length, 4);
  assert.equal(changes.changes[3]!.operation, "TUPLE_OPERATION_DELETE");

  await ask("WriteAssertions", {
    store_id: storeId,
    authorization_model_id: modelId,
    assertions: [{ tuple_key: tuples[0], expectation: true }],
  });
  const assertions = (await ask("ReadAssertions", { store_id: storeId, authorization_model_id: modelId })) as { assertions: Plain[] };
  assert.equal(assertions.assertions[0]!.expectation, true);
  await ask("DeleteStore", { store_id: storeId });
}

let fga: EmbeddedOpenFga;
let server: OpenFgaServer;

before(async () => {
  fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  server = await serveGrpc({ fga, port: 0, keys: ["secret"] });
});

after(async () => {
  await server.close();
  await fga.close();
});

test("gRPC: everything that upstream's operators ask, and the rest", async () => {
  const caller = client(`127.0.0.1:${server.port}`, "secret");
  await talk(caller);
  caller.close();
});

test("gRPC: health is told to everybody", async () => {
  const connection = new grpc.Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const answer = await new Promise<Buffer>((resolve, reject) => {
    connection.makeUnaryRequest("/grpc.health.v1.Health/Check", same, same, Buffer.alloc(0), (error, bytes) =>
      error ? reject(error) : resolve(bytes!),
    );
  });
  assert.deepEqual([...answer], [8, 1]);
  connection.close();
});

test("gRPC: a pre-shared key is required", async () => {
  const caller = client(`127.0.0.1:${server.port}`);
  await fails(1010, caller.ask("ListStores", {}));
  caller.close();
});

const real = openFgaForTests();
test("gRPC: upstream's server has the same conversation", { skip: "skip" in real ? real.skip : false }, async () => {
  const upstream = await OpenFgaProcess.start((real as { binary: string }).binary);
  const caller = client(upstream.grpcAddress);
  try {
    await talk(caller);
  } finally {
    caller.close();
    await upstream.stop();
  }
});
