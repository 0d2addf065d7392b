import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { ClusterClient } from "./object-client.ts";
import { sleep } from "./requests.ts";
import { resourceType, typed } from "./resource-type.ts";

/** @see k8s.io/api coordination/v1 */
interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

const leases = resourceType<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
});

export interface LeaderElectionOptions {
  /** where the Lease is */
  cluster: ClusterClient;
  namespace: string;
  name: string;
  /** unique among the candidates: host name and a random part */
  identity: string;
  /** how long others wait after the last sign of life; 15 s by default */
  leaseMs?: number;
  /** the leader gives up after so long without a renewal; must be shorter than the lease; 10 s by default */
  renewDeadlineMs?: number;
  /** between two tries; 2 s by default */
  retryMs?: number;
  signal: AbortSignal;
  onError?: (error: unknown) => void;
}

/**
 * Waits to become leader, then runs `lead` until the signal or until leadership is lost: `lead` gets a signal that says so, and the lease is
 * given back when it has ended. Of the others' leases only changes are looked at, never their clocks.
 * @returns true when `lead` ran to its end or was told to stop by `options.signal`; false when leadership was lost
 */
export async function runAsLeader(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const { leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000, signal, identity, onError } = options;
  const { namespace, name } = options;
  if (renewDeadlineMs >= leaseMs) throw new TypeError("renewDeadlineMs must be shorter than leaseMs");
  const objects = typed(options.cluster, leases);
  /** what the lease looked like, and since when it looks like that, by our own clock */
  let observed: { resourceVersion: string | undefined; at: number } | undefined;

  while (!signal.aborted) {
    const held = await tryToHold().catch((error) => (onError?.(error), false));
    if (held) return leadWhileRenewed(performance.now());
    await sleep(retryMs * (0.8 + Math.random() * 0.4), signal).catch(() => {});
  }
  return true;

  async function leadWhileRenewed(renewedAt: number): Promise<boolean> {
    const stop = new AbortController();
    const stopped = new Promise<undefined>((resolve) => {
      stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    let lost = false;
    const onAbort = () => stop.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const running = lead(stop.signal).finally(() => stop.abort());
    // its failure is thrown below, after the lease is given back
    running.catch(() => {});
    // The deadline must not wait for a request that gets no answer.
    let deadline = setTimeout(expire, renewDeadlineMs);
    function expire(): void {
      lost = true;
      stop.abort();
    }
    while (!stop.signal.aborted) {
      await sleep(retryMs, stop.signal).catch(() => {});
      if (stop.signal.aborted) break;
      const started = performance.now();
      // A request that gets no answer must not keep us from noticing the deadline.
      const renewal = tryToHold().catch((error) => (onError?.(error), undefined));
      const stillHeld = await Promise.race([renewal, stopped]);
      if (stillHeld === false) expire();
      if (stillHeld !== true || lost) continue;
      renewedAt = started;
      clearTimeout(deadline);
      deadline = setTimeout(expire, Math.max(0, renewedAt + renewDeadlineMs - performance.now()));
    }
    clearTimeout(deadline);
    signal.removeEventListener("abort", onAbort);
    try {
      await running;
    } finally {
      if (!lost) await release().catch((error) => onError?.(error));
    }
    return !lost;
  }

  /** One try to take or to renew. False when somebody else has it. */
  async function tryToHold(): Promise<boolean> {
    const now = microTime();
    const leaseDurationSeconds = Math.max(1, Math.ceil(leaseMs / 1000));
    let lease: Lease;
    try {
      lease = await objects.get(name, { namespace });
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
      const spec = { holderIdentity: identity, leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions: 0 };
      return write(() => objects.create({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace }, spec }));
    }
    const { resourceVersion } = lease.metadata;
    if (observed?.resourceVersion !== resourceVersion) observed = { resourceVersion, at: performance.now() };
    const holder = lease.spec?.holderIdentity ?? "";
    if (holder !== "" && holder !== identity) {
      const theirs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
      if (performance.now() - observed!.at < Math.max(theirs, leaseMs)) return false;
    }
    const mine = holder === identity;
    return write(() =>
      objects.update({
        ...lease,
        spec: {
          ...lease.spec,
          holderIdentity: identity,
          leaseDurationSeconds,
          renewTime: now,
          acquireTime: mine ? (lease.spec?.acquireTime ?? now) : now,
          leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1),
        },
      }),
    );
  }

  /** Another candidate's write in between is not a failure. */
  async function write(send: () => Promise<Lease>): Promise<boolean> {
    try {
      observed = { resourceVersion: (await send()).metadata.resourceVersion, at: performance.now() };
      return true;
    } catch (error) {
      if (hasReason(error, "Conflict") || hasReason(error, "AlreadyExists")) return false;
      throw error;
    }
  }

  async function release(): Promise<void> {
    const lease = await objects.get(name, { namespace });
    if (lease.spec?.holderIdentity !== identity) return;
    const now = microTime();
    await objects.update({
      ...lease,
      spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now, acquireTime: now },
    });
  }
}

/** RFC 3339 with exactly six digits, as a MicroTime must be. */
const microTime = (): string => new Date().toISOString().replace("Z", "000Z");
