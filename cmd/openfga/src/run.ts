import { embeddedOpenFga, MemoryTupleStore, type TupleStore } from "@meshplane/rebac";
import { serveHttp } from "@meshplane/rebac/http";
import { readFileSync } from "node:fs";
import { dataFile, FlagError, parseAddress, parseFlags, usage, type Flags } from "./flags.ts";

export interface Running {
  httpPort: number | undefined;
  grpcPort: number;
  close: () => Promise<void>;
}

const say = (line: string): void => console.error(`openfga: ${line}`);

/** Opens the data and both APIs. @throws FlagError, Error when a port or the file cannot be had */
export async function start(flags: Flags): Promise<Running> {
  const http = parseAddress("http-addr", flags.httpAddress);
  const grpc = parseAddress("grpc-addr", flags.grpcAddress);
  const keys = flags.authnMethod === "preshared" ? flags.presharedKeys : [];
  const fga = embeddedOpenFga({ tupleStore: await openTupleStore(flags), limits: flags.limits });
  const closing: (() => Promise<void>)[] = [() => fga.close()];
  const close = async (): Promise<void> => {
    for (const each of closing.reverse()) await each();
  };
  const onError = (error: unknown): void => say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  try {
    let httpPort: number | undefined;
    if (flags.httpEnabled) {
      const server = await serveHttp({ fga, ...http, keys, onError, ...tlsOf(flags.httpTls) });
      closing.push(() => server.close());
      httpPort = server.port;
    }
    const { serveGrpc } = await import("@meshplane/rebac/grpc");
    const server = await serveGrpc({ fga, ...grpc, keys, onError, ...tlsOf(flags.grpcTls) });
    closing.push(() => server.close());
    return { httpPort, grpcPort: server.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openTupleStore(flags: Flags): Promise<TupleStore> {
  if (flags.datastoreEngine === "memory") return new MemoryTupleStore();
  const { SqliteTupleStore } = await import("@meshplane/rebac/sqlite");
  return new SqliteTupleStore({ file: dataFile(flags.datastoreUri) });
}

const tlsOf = ({ enabled, cert, key }: Flags["httpTls"]): { tls?: { cert: Buffer; key: Buffer } } =>
  enabled ? { tls: { cert: readFileSync(cert), key: readFileSync(key) } } : {};

/** `openfga run`. @returns the exit status */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const { flags, notices, help } = parseFlags(args, process.env);
    if (help) {
      console.log(usage());
      return 0;
    }
    for (const notice of notices) say(notice);
    const running = await start(flags);
    if (flags.authnMethod === "none") say("authentication is off: everybody who reaches the ports may ask and write");
    if (flags.datastoreEngine === "memory") say("the data is in memory and ends with this process; --datastore-engine sqlite keeps it");
    if (running.httpPort !== undefined) say(`HTTP API on ${flags.httpAddress.replace(/:0$/, `:${running.httpPort}`)}`);
    say(`gRPC API on ${flags.grpcAddress.replace(/:0$/, `:${running.grpcPort}`)}`);
    await new Promise<void>((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    });
    await running.close();
    return 0;
  } catch (error) {
    say(error instanceof FlagError ? `${error.message}\nopenfga run --help lists the flags` : (error as Error).message);
    return 1;
  }
}
