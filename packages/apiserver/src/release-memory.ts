import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const quietMs = 4_000;
const triesMax = 60;

/**
 * Collects garbage once the process is quiet. V8 collects when memory is asked for, so an idle process would keep for ever what its last busy
 * hour has left. It takes some tens of milliseconds: therefore only when nobody has asked for anything in the last seconds.
 *
 * @param requests how many have been served so far
 */
export function releaseMemoryWhenQuiet(requests: () => number): void {
  let tries = 0;
  const wait = (): void => {
    const before = requests();
    setTimeout(() => {
      if (requests() === before) collect();
      else if (++tries < triesMax) wait();
    }, quietMs).unref();
  };
  wait();
}

let gc: (() => void) | undefined;

function collect(): void {
  if (!gc) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  gc();
}
