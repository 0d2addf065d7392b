/** IP addresses and networks. @see Kubernetes' ip and cidr libraries; Go net/netip */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { CelOpaque } from "../values.ts";

export class CelIp extends CelOpaque {
  readonly typeName = "net.IP";
  readonly family: 4 | 6;
  readonly bits: bigint;
  constructor(family: 4 | 6, bits: bigint) {
    super();
    this.family = family;
    this.bits = bits;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelIp && other.family === this.family && other.bits === this.bits;
  }
  override toString(): string {
    return this.family === 4 ? format4(this.bits) : format6(this.bits);
  }
}

export class CelCidr extends CelOpaque {
  readonly typeName = "net.CIDR";
  readonly ip: CelIp;
  readonly length: number;
  constructor(ip: CelIp, length: number) {
    super();
    this.ip = ip;
    this.length = length;
  }
  get width(): number {
    return this.ip.family === 4 ? 32 : 128;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelCidr && other.length === this.length && other.ip.equals(this.ip);
  }
  contains(ip: CelIp): boolean {
    const rest = BigInt(this.width - this.length);
    return ip.family === this.ip.family && ip.bits >> rest === this.ip.bits >> rest;
  }
  masked(): CelCidr {
    const rest = BigInt(this.width - this.length);
    return new CelCidr(new CelIp(this.ip.family, (this.ip.bits >> rest) << rest), this.length);
  }
  override toString(): string {
    return `${this.ip.toString()}/${this.length}`;
  }
}

const format4 = (bits: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");

/** @see RFC 5952: lower case, the longest run of two or more zero groups shortened */
function format6(bits: bigint): string {
  if (bits >> 32n === 0xffffn) return `::ffff:${format4(bits & 0xffffffffn)}`;
  const groups = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  let [best, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [best, length] = [i, end - i];
    if (end > i) i = end;
  }
  const hex = groups.map((group) => group.toString(16));
  return best < 0 ? hex.join(":") : `${hex.slice(0, best).join(":")}::${hex.slice(best + length).join(":")}`;
}

function parse4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function parse6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string): bigint[] | undefined => {
    if (half === "") return [];
    const out: bigint[] = [];
    const parts = half.split(":");
    for (const [i, part] of parts.entries()) {
      const v4 = i === parts.length - 1 && part.includes(".") ? parse4(part) : undefined;
      if (v4 !== undefined) out.push(v4 >> 16n, v4 & 0xffffn);
      else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(BigInt(`0x${part}`));
      else return undefined;
    }
    return out;
  };
  const [head, tail] = [groupsOf(halves[0]!), halves.length === 2 ? groupsOf(halves[1]!) : []];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail].reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** Undefined for what is no address; zones and IPv4 in IPv6 are refused as Kubernetes does. */
export function parseIp(text: string): CelIp | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(":")) {
    const bits = parse4(text);
    return bits === undefined ? undefined : new CelIp(4, bits);
  }
  const bits = parse6(text);
  return bits === undefined || bits >> 32n === 0xffffn ? undefined : new CelIp(6, bits);
}

export function parseCidr(text: string): CelCidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = match ? parseIp(match[1]!) : undefined;
  if (!ip || Number(match![2]) > (ip.family === 4 ? 32 : 128)) return undefined;
  return new CelCidr(ip, Number(match![2]));
}

function ip(text: string): CelIp {
  const value = parseIp(text);
  if (!value) throw new CelEvalError(`IP Address "${text}" parse error during conversion from string`);
  return value;
}

function cidr(text: string): CelCidr {
  const value = parseCidr(text);
  if (!value) throw new CelEvalError(`network address parse error during conversion from string: ${text}`);
  return value;
}

const containsIp = (network: CelCidr, address: CelIp): boolean => network.contains(address);
const containsCidr = (network: CelCidr, other: CelCidr): boolean => other.length >= network.length && network.contains(other.ip);

const top = (address: CelIp, bits: number): number => Number(address.bits >> BigInt((address.family === 4 ? 32 : 128) - bits));

const cost = ([a]: readonly number[]): number => Math.max(1, Math.ceil(a! * 0.1));

export const networkLibrary = library(
  {
    "ip(string): net.IP": { call: ip, cost },
    "isIP(string): bool": { call: (text: string) => parseIp(text) !== undefined, cost },
    "ip.isCanonical(string): bool": { call: (text: string) => ip(text).toString() === text, cost },
    "string(net.IP): string": { call: String, size: () => 40 },
    "(net.IP).family(): int": (a: CelIp) => BigInt(a.family),
    "(net.IP).isUnspecified(): bool": (a: CelIp) => a.bits === 0n,
    "(net.IP).isLoopback(): bool": (a: CelIp) => (a.family === 4 ? top(a, 8) === 127 : a.bits === 1n),
    "(net.IP).isLinkLocalMulticast(): bool": (a: CelIp) =>
      a.family === 4 ? top(a, 24) === 0xe00000 : top(a, 16) % 16 === 2 && top(a, 8) === 0xff,
    "(net.IP).isLinkLocalUnicast(): bool": (a: CelIp) => (a.family === 4 ? top(a, 16) === 0xa9fe : top(a, 10) === 0x3fa),
    "(net.IP).isGlobalUnicast(): bool": (a: CelIp) =>
      a.family === 4
        ? a.bits !== 0n && a.bits !== 0xffffffffn && top(a, 8) !== 127 && top(a, 4) !== 14 && top(a, 16) !== 0xa9fe
        : a.bits !== 0n && a.bits !== 1n && top(a, 8) !== 0xff && top(a, 10) !== 0x3fa,
    "cidr(string): net.CIDR": { call: cidr, cost },
    "isCIDR(string): bool": { call: (text: string) => parseCidr(text) !== undefined, cost },
    "string(net.CIDR): string": { call: String, size: () => 44 },
    "(net.CIDR).containsIP(net.IP): bool": containsIp,
    "(net.CIDR).containsIP(string): bool": { call: (a: CelCidr, b: string) => containsIp(a, ip(b)), cost },
    "(net.CIDR).containsCIDR(net.CIDR): bool": containsCidr,
    "(net.CIDR).containsCIDR(string): bool": { call: (a: CelCidr, b: string) => containsCidr(a, cidr(b)), cost },
    "(net.CIDR).ip(): net.IP": (a: CelCidr) => a.ip,
    "(net.CIDR).masked(): net.CIDR": (a: CelCidr) => a.masked(),
    "(net.CIDR).prefixLength(): int": (a: CelCidr) => BigInt(a.length),
  },
  ["net.IP", "net.CIDR"],
);
