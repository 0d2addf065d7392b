import { isIPv4, isIPv6 } from "node:net";

export interface Address {
  family: 4 | 6;
  bits: bigint;
}

const bits4 = (text: string): bigint => text.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);

function bits6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = bits4(dotted[2]!);
    text = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head, tail] = text.split("::") as [string, string?];
  const groups = (part: string): bigint[] => (part === "" ? [] : part.split(":").map((group) => BigInt(`0x${group}`)));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<bigint>(8 - left.length - right.length).fill(0n), ...right];
  return all.reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** Undefined for what is no address. IPv4 in IPv6 counts as IPv4. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, bits: bits4(text) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const bits = bits6(text);
  return bits >> 32n === 0xffffn ? { family: 4, bits: bits & 0xffffffffn } : { family: 6, bits };
}

export function parseNetwork(text: string): (Address & { length: number }) | undefined {
  const slash = text.lastIndexOf("/");
  const length = text.slice(slash + 1);
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > (address.family === 4 ? 32 : 128)) return undefined;
  return { ...address, length: Number(length) };
}
