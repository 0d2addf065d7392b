import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const quietMs = 4_000;
const triesMax = 60;

/** Less than this is not worth a pause. */
const worthwhileBytes = 48 << 20;
/** What the process held after the last collection; at first, what one holds that has done nothing yet. */
let heldBytes = 64 << 20;

/**
 * Collects garbage once the process is quiet and has grown. V8 collects when memory is asked for, so an idle process would keep for ever what
 * its last busy hour has left. It takes some tens of milliseconds: therefore only when nobody has asked for anything in the last seconds.
 *
 * @param requests how many have been served so far
 */
export function releaseMemoryWhenQuiet(requests: () => number): void {
  let tries = 0;
  const wait = (): void => {
    const before = requests();
    setTimeout(() => {
      if (requests() === before) collectIfGrown();
      else if (++tries < triesMax) wait();
    }, quietMs).unref();
  };
  wait();
}

let gc: (() => void) | undefined;

function collectIfGrown(): void {
  const now = heldNow();
  if (now - heldBytes > worthwhileBytes) collect();
  heldBytes = Math.min(heldNow(), now);
}

function heldNow(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}

function collect(): void {
  if (!gc) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  gc();
}
