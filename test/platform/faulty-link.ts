/** A connection to a server that can be cut, slowed down and mended; the address stays. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface FaultyLink {
  readonly port: number;
  /** where what comes in goes to */
  leadTo(port: number): void;
  /** connections are refused, and those that there are end */
  cut(): void;
  /** what comes in is taken, and nothing answers */
  hang(): void;
  /** answers come this much later */
  slow(milliseconds: number): void;
  mend(): void;
  close(): Promise<void>;
}

export async function faultyLink(): Promise<FaultyLink> {
  let to = 0;
  let state: "whole" | "cut" | "hanging" = "whole";
  let delayMs = 0;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    near.on("error", () => {});
    near.on("close", () => open.delete(near));
    if (state === "cut") return void near.resetAndDestroy();
    if (state === "hanging") return void near.resume();
    const far = connect(to, "127.0.0.1");
    open.add(far);
    far.on("error", () => near.destroy());
    far.on("close", () => {
      open.delete(far);
      near.destroy();
    });
    near.on("close", () => far.destroy());
    near.on("data", (chunk) => void (state === "whole" && far.write(chunk)));
    far.on("data", (chunk) => {
      const pass = () => state === "whole" && !near.destroyed && near.write(chunk);
      if (delayMs > 0) setTimeout(pass, delayMs);
      else pass();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (port) => void (to = port),
    cut() {
      state = "cut";
      endAll();
    },
    hang: () => void (state = "hanging"),
    slow: (milliseconds) => void (delayMs = milliseconds),
    mend() {
      if (state !== "whole") endAll();
      state = "whole";
      delayMs = 0;
    },
    close() {
      endAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
