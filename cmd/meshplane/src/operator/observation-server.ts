import { createServer, type Server } from "node:http";
import { OperatorError } from "../start/operator-error.ts";
import { splitAddress } from "../start/platform-flags.ts";

export interface Observed {
  ready(): boolean;
  metrics(): string;
}

/** `/healthz`, `/readyz` and `/metrics`; "0" serves none. @returns what closes it */
export async function serveObservation(probes: string, metrics: string, observed: Observed): Promise<() => Promise<void>> {
  const paths = new Map<string, Set<string>>();
  for (const [flag, address, names] of [
    ["health-probe-bind-address", probes, ["/healthz", "/readyz"]],
    ["metrics-bind-address", metrics, ["/metrics"]],
  ] as const) {
    if (address === "0") continue;
    splitAddress(flag, address);
    const known = paths.get(address) ?? new Set();
    for (const name of names) known.add(name);
    paths.set(address, known);
  }
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
  };
  for (const [address, names] of paths) {
    const server = createServer((request, response) => {
      const path = (request.url ?? "/").split("?")[0]!;
      if (!names.has(path)) return void response.writeHead(404).end("404 page not found\n");
      if (path === "/metrics") return void response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(observed.metrics());
      const fine = path === "/healthz" || observed.ready();
      response.writeHead(fine ? 200 : 500).end(fine ? "ok" : "not ready yet");
    });
    const { host, port } = splitAddress("", address);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, resolve);
      });
    } catch (cause) {
      await close();
      throw new OperatorError(
        `${address} cannot be listened on: ${(cause as Error).message}`,
        "choose others with --health-probe-bind-address and --metrics-bind-address (0: none)",
        { cause },
      );
    }
    servers.push(server);
  }
  return close;
}
