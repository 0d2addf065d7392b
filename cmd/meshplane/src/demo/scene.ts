import { setTimeout as sleep } from "node:timers/promises";
import { type GroupVersionResource, hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { Workspace } from "@meshplane/apis";
import type { HttpMultiClusterClient } from "@meshplane/client";

const workspaces: GroupVersionResource = { group: "tenancy.kcp.io", version: "v1alpha1", resource: "workspaces" };

/** One numbered line a step, with what came out and how long it took. */
export class Scene {
  readonly #say: (line: string) => void;
  #number = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  async step(what: string, play: () => Promise<string | void>): Promise<void> {
    const number = ++this.#number;
    const started = performance.now();
    const result = await play().catch((cause: unknown) => {
      throw new Error(`step ${number}, ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    });
    const ms = `${Math.round(performance.now() - started)} ms`;
    this.#say(`${String(number).padStart(3)}  ${what.padEnd(68)} ${ms.padStart(7)}${result ? `\n     ${result}` : ""}`);
  }
}

/** Each on the way to it, and waits until it is Ready. */
export async function makeWorkspaces(client: HttpMultiClusterClient, path: string): Promise<void> {
  const [root, ...names] = path.split(":");
  let parent = root!;
  for (const name of names) {
    const resource = client.cluster(parent).resource<Workspace & KubeObject>(workspaces);
    const wanted = { apiVersion: "tenancy.kcp.io/v1alpha1", kind: "Workspace", metadata: { name } } as Workspace & KubeObject;
    await resource.create(wanted).catch((error: unknown) => {
      if (!hasReason(error, "AlreadyExists")) throw error;
    });
    await until(
      () => resource.get(name),
      (it) => it.status?.phase === "Ready",
    );
    parent = `${parent}:${name}`;
  }
}

const patienceMs = 30_000;

/** What is not there yet is asked for again. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 200)) {
    const answer = await ask().catch((error: unknown) => {
      if (hasReason(error, "NotFound") && performance.now() < deadline) return undefined;
      throw error;
    });
    if (answer !== undefined && fits(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs / 1000} s`);
    await sleep(pause);
  }
}
