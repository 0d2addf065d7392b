/**
 * Large objects are worked on in slices, between which everybody else is served. All requests share one queue: one slice at a time, and after
 * a few milliseconds of them the loop has a rest to look at its sockets. Those that have begun come first, so that few large objects are in
 * memory decoded.
 */

/** An object of this many bytes may take some milliseconds from body to answer. */
const largeBytesMin = 16 * 1024;
/** Steps that are shorter go on without a rest. */
const sliceMs = 4;

/** Waits until it is this request's turn. */
export type TakeTurn = () => Promise<void>;

/** undefined for what is small, and needs no turns. */
export function turnsFor(bytes: number): TakeTurn | undefined {
  if (bytes < largeBytesMin) return undefined;
  let begun = false;
  return () => {
    if (begun && goingOn.length === 0 && performance.now() - restedAt < sliceMs) return now;
    return new Promise((resolve) => {
      (begun ? goingOn : beginning).push(resolve);
      begun = true;
      if (!busy) rest();
    });
  };
}

/** Selectors of this many characters take as long. */
const longQueryMin = 8 * 1024;

export const turnForQuery = (text: string): Promise<void> | undefined =>
  text.length < longQueryMin ? undefined : turnsFor(largeBytesMin)!();

const now = Promise.resolve();
const beginning: (() => void)[] = [];
const goingOn: (() => void)[] = [];
let busy = false;
let restedAt = 0;

/** An immediate alone comes after one look at the sockets; what that has started may need another. */
function rest(): void {
  busy = true;
  setTimeout(() => {
    restedAt = performance.now();
    next();
  }, 1);
}

function next(): void {
  (goingOn.shift() ?? beginning.shift())?.();
  setImmediate(() => {
    if (goingOn.length === 0 && beginning.length === 0) busy = false;
    else if (performance.now() - restedAt < sliceMs) next();
    else rest();
  });
}
