/**
 * Large objects are worked on in slices, between which everybody else is served. All requests share one queue: one slice at a time, and after
 * it the loop looks at its sockets before the next. Those that have begun come first, so that few large objects are in memory decoded.
 */

/** An object of this many bytes takes some milliseconds from body to answer. */
const largeBytesMin = 64 * 1024;

/** Waits until it is this request's turn. */
export type TakeTurn = () => Promise<void>;

/** undefined for what is small, and needs no turns. */
export function turnsFor(bytes: number): TakeTurn | undefined {
  if (bytes < largeBytesMin) return undefined;
  let begun = false;
  return () =>
    new Promise((resolve) => {
      (begun ? goingOn : beginning).push(resolve);
      begun = true;
      if (!awaited) awaitNext();
    });
}

/** Selectors of this many characters take as long. */
const longQueryMin = 8 * 1024;

export const turnForQuery = (text: string): Promise<void> | undefined =>
  text.length < longQueryMin ? undefined : turnsFor(largeBytesMin)!();

const beginning: (() => void)[] = [];
const goingOn: (() => void)[] = [];
let awaited = false;

function awaitNext(): void {
  awaited = true;
  // an immediate alone comes after one look at the sockets; what that has started may need another
  setTimeout(() => {
    (goingOn.shift() ?? beginning.shift())?.();
    setImmediate(() => {
      awaited = false;
      if (goingOn.length > 0 || beginning.length > 0) awaitNext();
    });
  }, 1);
}
