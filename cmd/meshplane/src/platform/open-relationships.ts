import { join } from "node:path";
import { embeddedOpenFga, MemoryTupleStore, type OpenFga, remoteOpenFga } from "@meshplane/rebac";
import { FlagError } from "../start/flag-error.ts";
import { OperatorError } from "../start/operator-error.ts";
import { type PlatformFlags, splitAddress } from "../start/platform-flags.ts";
import { readOperatorFile } from "../start/read-operator-file.ts";

export interface Relationships {
  fga: OpenFga;
  /** what is served and where, a line each */
  served: string[];
  close(): Promise<void>;
}

/** The engine that decides by relationships: a server of its own, or the embedded one with its file. @throws OperatorError, FlagError */
export async function openRelationships(
  flags: PlatformFlags & { rootDirectory: string; store: string },
  onError: (error: unknown) => void,
): Promise<Relationships> {
  if (flags.openfgaUrl) {
    const token = flags.openfgaTokenFile ? readOperatorFile(flags.openfgaTokenFile, "--openfga-token-file").trim() : "";
    return { fga: remoteOpenFga({ url: flags.openfgaUrl, ...(token ? { token } : {}) }), served: [], close: async () => {} };
  }
  const fga = embeddedOpenFga({
    tupleStore: flags.store === "memory" ? new MemoryTupleStore() : await openFile(join(flags.rootDirectory, "rebac.db")),
  });
  const closing: (() => Promise<void>)[] = [() => fga.close()];
  const served: string[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one();
  };
  try {
    if (flags.openfgaHttpAddr) {
      const address = splitAddress("openfga-http-addr", flags.openfgaHttpAddr);
      const { serveHttp } = await import("@meshplane/rebac/http");
      const server = await serveHttp({ fga, ...address, onError }).catch(notListening("openfga-http-addr", flags.openfgaHttpAddr));
      closing.push(() => server.close());
      served.push(`OpenFGA HTTP API at ${address.host}:${server.port}`);
    }
    if (flags.openfgaGrpcAddr) {
      const address = splitAddress("openfga-grpc-addr", flags.openfgaGrpcAddr);
      const { serveGrpc } = await import("@meshplane/rebac/grpc");
      const server = await serveGrpc({ fga, ...address, onError }).catch(notListening("openfga-grpc-addr", flags.openfgaGrpcAddr));
      closing.push(() => server.close());
      served.push(`OpenFGA gRPC API at ${address.host}:${server.port}`);
    }
    return { fga, served, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFile(file: string) {
  const { SqliteTupleStore } = await import("@meshplane/rebac/sqlite");
  try {
    return new SqliteTupleStore({ file });
  } catch (cause) {
    throw new OperatorError(
      `the relationships in ${file} cannot be opened: ${(cause as Error).message}`,
      "stop the program that has it open, restore the file from a backup, or choose another --root-directory",
      { cause },
    );
  }
}

const notListening =
  (flag: string, address: string) =>
  (cause: unknown): never => {
    if (cause instanceof FlagError) throw cause;
    throw new OperatorError(`--${flag} ${address}: ${(cause as Error).message}`, "stop what listens there, or choose another address", {
      cause,
    });
  };
