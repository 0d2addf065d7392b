/** Work on a workspace that must not overlap: what begins it must not make again what ends it has just removed. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(cluster: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(cluster) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(cluster, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(cluster) === mine) this.#last.delete(cluster);
    }
  }
}
