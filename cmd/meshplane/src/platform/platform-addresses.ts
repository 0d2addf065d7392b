import { createServer, type AddressInfo } from "node:net";
import { OperatorError } from "../start/operator-error.ts";
import { defaultBaseDomain, type PlatformFlags, splitBaseDomain } from "../start/platform-flags.ts";

export interface PlatformAddresses {
  /** `host` or `host:port`, as it stands in URLs */
  baseDomain: string;
  host: string;
  /** where the embedded issuer listens */
  port: number;
}

/**
 * Where people sign in. The base domain's port is the issuer's, unless the base domain is given: then something before it may forward to another.
 * @throws OperatorError when the port is taken
 */
export async function platformAddresses(flags: PlatformFlags, bindAddress: string): Promise<PlatformAddresses> {
  const { host, port } = splitBaseDomain(flags.baseDomain ?? defaultBaseDomain);
  if (flags.keycloakBaseUrl) return { baseDomain: withPort(host, port), host, port };
  const chosen = await freePort(bindAddress, flags.identityPort ?? port);
  return { baseDomain: withPort(host, flags.baseDomain ? port : chosen), host, port: chosen };
}

const withPort = (host: string, port: number): string => (port === 443 ? host : `${host}:${port}`);

/** Tried before anything is written: the issuer's URLs are made of it. */
async function freePort(host: string, port: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    throw new OperatorError(
      (cause as NodeJS.ErrnoException).code === "EADDRINUSE"
        ? `port ${port}, where people sign in, is taken: another program listens on ${host}:${port}`
        : `people cannot sign in on ${host}:${port}: ${(cause as Error).message}`,
      "stop it, choose another with --identity-port (0: any free one), or start without the Platform Mesh layer: --platform-mesh=false",
      { cause },
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
