import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Store } from "../../store.ts";
import { testStore } from "../../testing/test-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = await mkdtemp(join(tmpdir(), "meshplane-sqlite-"));
after(() => rm(root, { recursive: true, force: true }));

let directories = 0;
const newDirectory = (): string => join(root, String(directories++));
const directoryOf = new WeakMap<Store, string>();

async function open(directory = newDirectory()): Promise<Store> {
  const store = await openSqliteStore({ directory });
  directoryOf.set(store, directory);
  return store;
}

async function reopen(store: Store): Promise<Store> {
  const directory = directoryOf.get(store);
  assert.ok(directory);
  await store.close();
  return open(directory);
}

testStore("sqlite", open, { reopen });
