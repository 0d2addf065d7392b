import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryTupleStore } from "./drivers/memory/memory-tuple-store.ts";
import { SqliteTupleStore } from "./drivers/sqlite/sqlite-tuple-store.ts";
import { embeddedOpenFga } from "./embedded-open-fga.ts";
import { serveHttp } from "./http/index.ts";
import { remoteOpenFga } from "./remote-open-fga.ts";
import { OpenFgaProcess, openFgaForTests, testOpenFga } from "./testing/index.ts";

testOpenFga("embedded in memory", async () => {
  const fga = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  return { fga, close: () => fga.close() };
});

testOpenFga("embedded on SQLite", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-rebac-"));
  const fga = embeddedOpenFga({ tupleStore: new SqliteTupleStore({ file: join(directory, "tuples.db") }) });
  const close = async (): Promise<void> => {
    await fga.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { fga, close };
});

testOpenFga("over HTTP", async () => {
  const embedded = embeddedOpenFga({ tupleStore: new MemoryTupleStore() });
  const server = await serveHttp({ fga: embedded, host: "127.0.0.1", port: 0, keys: ["secret"] });
  const fga = remoteOpenFga({ url: `http://127.0.0.1:${server.port}`, token: "secret" });
  const close = async (): Promise<void> => {
    await server.close();
    await embedded.close();
  };
  return { fga, close };
});

const real = openFgaForTests();
testOpenFga(
  "a real OpenFGA",
  async () => {
    const process = await OpenFgaProcess.start((real as { binary: string }).binary);
    return { fga: remoteOpenFga({ url: process.url }), close: () => process.stop() };
  },
  "skip" in real ? { skip: real.skip } : {},
);
