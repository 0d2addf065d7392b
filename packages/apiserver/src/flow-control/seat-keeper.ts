import { overloaded } from "../text-answer.ts";

/** A place among the requests under way. */
export interface Seat {
  leave(): void;
}

export interface SeatLimits {
  /** requests served at once, long-running ones aside */
  readonly seats: number;
  /** of one user while others wait */
  readonly queuePerUserMax: number;
  readonly queueMax: number;
}

const defaultLimits: SeatLimits = { seats: 600, queuePerUserMax: 400, queueMax: 4_000 };

/**
 * Lets a bounded number of requests in. When all seats are taken, users queue and are called round-robin, so that one busy user does not starve
 * the others. A free seat is given without a promise.
 */
export class SeatKeeper {
  readonly #limits: SeatLimits;
  #taken = 0;
  #waiting = 0;
  /** in the order in which users are called next */
  readonly #queues = new Map<string, ((seat: Seat) => void)[]>();

  constructor(limits: Partial<SeatLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  get taken(): number {
    return this.#taken;
  }
  get waiting(): number {
    return this.#waiting;
  }

  /** @throws TextAnswer 429 when too many wait already */
  seat(user: string): Seat | Promise<Seat> {
    if (this.#taken < this.#limits.seats) {
      this.#taken++;
      return new TakenSeat(this.#leave);
    }
    const queue = this.#queues.get(user) ?? [];
    if (this.#waiting >= this.#limits.queueMax || queue.length >= this.#limits.queuePerUserMax) throw overloaded();
    this.#waiting++;
    this.#queues.set(user, queue);
    return new Promise((resolve) => queue.push(resolve));
  }

  readonly #leave = (): void => {
    const next = this.#queues.entries().next();
    if (next.done) {
      this.#taken--;
      return;
    }
    const [user, queue] = next.value;
    const call = queue.shift()!;
    this.#queues.delete(user);
    if (queue.length > 0) this.#queues.set(user, queue);
    this.#waiting--;
    call(new TakenSeat(this.#leave));
  };
}

class TakenSeat implements Seat {
  #leave: (() => void) | undefined;
  constructor(leave: () => void) {
    this.#leave = leave;
  }
  leave(): void {
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.();
  }
}
