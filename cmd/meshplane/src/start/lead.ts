/**
 * Of several servers before one store, one runs the controllers: whoever holds the Lease. The others serve requests, and take over when it is given back
 * or no longer renewed.
 */
import { hostname } from "node:os";
import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import { systemAdminCluster } from "@meshplane/apis";
import type { Log } from "@meshplane/apiserver";
import { runAsLeader, type MultiClusterClient } from "@meshplane/client";

export interface LeadOptions {
  client: MultiClusterClient;
  /** of the Lease, in the logical cluster system:admin */
  namespace: string;
  name: string;
  uid: () => string;
  log: Log;
}

export interface Leading {
  /** gives the Lease back once the controllers have ended */
  stop(): Promise<void>;
}

/** @param start starts the controllers. @returns what ends them; it may be called again after that */
export function lead({ client, namespace, name, uid, log }: LeadOptions, start: () => Promise<() => Promise<void>>): Leading {
  const stopping = new AbortController();
  const { signal } = stopping;
  const identity = `${hostname()}_${uid()}`;
  const cluster = client.cluster(systemAdminCluster);
  const onError = (error: unknown): void => log.warn("the Lease of the controllers cannot be held", { error: String(error) });
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await ensureNamespace();
        const kept = await runAsLeader({ cluster, namespace, name, identity, signal, onError }, leadUntil);
        if (!kept) log.warn("another server runs the controllers now", { identity });
      } catch (error) {
        onError(error);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  async function leadUntil(lost: AbortSignal): Promise<void> {
    log.info("this server runs the controllers", { identity });
    const end = await start();
    if (!lost.aborted) await new Promise((resolve) => lost.addEventListener("abort", resolve, { once: true }));
    await end();
  }

  async function ensureNamespace(): Promise<void> {
    const namespaces = cluster.resource<KubeObject>({ group: "", version: "v1", resource: "namespaces" });
    try {
      await namespaces.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    } catch (error) {
      if (!hasReason(error, "AlreadyExists")) throw error;
    }
  }
}
