import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A TCP proxy that can stop to carry anything while its connections stay open, as a pulled cable does. */
export class BlackHole {
  readonly #target: number;
  readonly #pairs = new Set<[Socket, Socket]>();
  #server: Server | undefined;
  #swallows = false;

  constructor(targetUrl: string) {
    this.#target = Number(new URL(targetUrl).port);
  }

  async start(): Promise<string> {
    const server = createServer((near) => {
      const far = connect(this.#target, "127.0.0.1");
      const pair: [Socket, Socket] = [near, far];
      this.#pairs.add(pair);
      near.on("data", (chunk) => this.#swallows || far.write(chunk));
      far.on("data", (chunk) => this.#swallows || near.write(chunk));
      for (const socket of pair) {
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#pairs.delete(pair);
          near.destroy();
          far.destroy();
        });
      }
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** From now on nothing passes, on the connections of now. */
  swallow(): void {
    this.#swallows = true;
  }

  /** New connections work; those that have swallowed something stay dumb. */
  recover(): void {
    for (const [near, far] of this.#pairs) {
      near.removeAllListeners("data");
      far.removeAllListeners("data");
    }
    this.#swallows = false;
  }

  async stop(): Promise<void> {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }
}
