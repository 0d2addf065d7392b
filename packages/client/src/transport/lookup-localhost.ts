import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** For connections: names below `localhost` are this machine wherever they are asked for (RFC 6761 §6.3); not every system's resolver knows that. */
export function lookupLocalhost(hostname: string, options: LookupOptions, found: Found): void {
  if (!/\.localhost\.?$/i.test(hostname)) return systemLookup(hostname, options, (error, address, family) => found(error, address, family));
  const loopback = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ].filter(({ family }) => !options.family || options.family === family || options.family === `IPv${family}`);
  if (options.all) found(null, loopback);
  else found(null, loopback[0]!.address, loopback[0]!.family);
}
