import { join } from "node:path";
import type { Identity } from "@meshplane/identity";
import { OperatorError } from "../start/operator-error.ts";
import type { PlatformAddresses } from "./platform-addresses.ts";

/** The embedded issuer, with its people in `identity.db` of the root directory. @throws OperatorError */
export async function openEmbeddedIdentity(options: {
  rootDirectory: string;
  inMemory: boolean;
  bindAddress: string;
  addresses: PlatformAddresses;
  tls: { cert: string; key: string };
  log: (line: string) => void;
}): Promise<Identity> {
  const { addresses } = options;
  const { openIdentity } = await import("@meshplane/identity");
  const file = options.inMemory ? ":memory:" : join(options.rootDirectory, "identity.db");
  try {
    return await openIdentity({
      file,
      baseDomain: addresses.baseDomain,
      listen: { host: options.bindAddress, port: addresses.port },
      tls: options.tls,
      log: options.log,
    });
  } catch (cause) {
    throw new OperatorError(
      `the embedded issuer cannot be opened (${file}, port ${addresses.port}): ${(cause as Error).message}`,
      "stop the program that uses them, choose another --identity-port, or restore the file from a backup",
      { cause },
    );
  }
}
