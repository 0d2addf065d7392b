/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, which is safe: what was acknowledged is stored. */
export function waitForSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true;
    const onSignal = (signal: NodeJS.Signals) => {
      if (!first) process.exit(130);
      first = false;
      resolve(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
