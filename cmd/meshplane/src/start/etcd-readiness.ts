import type { Store } from "@meshplane/storage";

const everyMs = 2_000;
/** etcd elects a new leader within a second or two: that is no reason to send clients elsewhere */
const silenceMsMax = 6_000;

export interface EtcdReadiness {
  /** what is wrong, for /readyz */
  check(): string | undefined;
  stop(): void;
}

/** Asks etcd now and then, so that /readyz can answer at once, and says so when there is none any more. */
export function etcdReadiness(store: Store): EtcdReadiness {
  let answered = performance.now();
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    store
      .revision()
      .then(
        () => (answered = performance.now()),
        () => {},
      )
      .finally(() => (asking = false));
  }, everyMs);
  timer.unref();
  return {
    check: () => (performance.now() - answered > silenceMsMax ? "etcd does not answer" : undefined),
    stop: () => clearInterval(timer),
  };
}
