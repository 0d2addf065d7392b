import assert from "node:assert/strict";
import { test } from "node:test";
import { conflict } from "@meshplane/apimachinery";
import { startController } from "./controller.ts";
import type { Change, KeySource, ObjectKey } from "./reconciler.ts";

const configMaps = { group: "", resource: "configmaps" };
const secrets = { group: "", resource: "secrets" };

class FakeSource implements KeySource {
  readonly listeners: { resource: string; onChange: (change: Change) => void }[] = [];
  subscribe(resource: { resource: string }, onChange: (change: Change) => void): void {
    this.listeners.push({ resource: resource.resource, onChange });
  }
  async start(): Promise<void> {}
  stop(): void {}
  tell(resource: typeof configMaps, key: ObjectKey, deleted = false): void {
    for (const listener of this.listeners) {
      if (listener.resource !== resource.resource) continue;
      listener.onChange({ resource, key, deleted, labels: undefined, object: () => undefined, previous: () => undefined });
    }
  }
}

const key = (name: string): ObjectKey => ({ cluster: "root", namespace: "default", name });

test("changes of the resource and of watched ones become keys", async () => {
  const source = new FakeSource();
  const reconciled: string[] = [];
  const controller = startController(
    {
      name: "test",
      for: configMaps,
      filter: (change) => change.key.name !== "ignored",
      watches: [{ resource: secrets, keys: async () => [key("by-secret")] }],
      reconcile: async (it) => void reconciled.push(`${it.cluster} ${it.namespace} ${it.name}`),
    },
    source,
  );
  source.tell(configMaps, key("a"));
  source.tell(configMaps, key("ignored"));
  source.tell(secrets, key("s"));
  await new Promise((resolve) => setImmediate(resolve));
  await controller.settled();
  assert.deepEqual(reconciled, ["root default a", "root default by-secret"]);
  await controller.stop();
});

test("a failure is told and tried again; a conflict is only tried again", async () => {
  const source = new FakeSource();
  const errors: string[] = [];
  let tries = 0;
  const outcomes: string[] = [];
  const controller = startController(
    {
      name: "test",
      for: configMaps,
      async reconcile() {
        tries++;
        if (tries === 1) throw conflict(configMaps, "a", "changed");
        if (tries === 2) throw new Error("no");
        return undefined;
      },
      onError: (error) => errors.push((error as Error).message),
      metrics: { reconciled: (_name, outcome) => outcomes.push(outcome), depth: () => {} },
    },
    source,
  );
  source.tell(configMaps, key("a"));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(tries, 3);
  assert.deepEqual(errors, ["no"]);
  assert.deepEqual(outcomes, ["conflict", "error", "done"]);
  await controller.stop();
});
