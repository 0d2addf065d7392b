import { crc32 } from "node:zlib";

/** of CRC-32, the lowest power in the highest bit (RFC 1952, 8) */
const polynomial = 0xedb88320;
/** x⁰ and x¹ in that order of bits */
const one = 0x80000000;
const x = 0x40000000;

/**
 * The checksum of bytes that stay the same behind beginnings that do not: these are read once, whatever stands before them. A checksum is a
 * remainder of polynomials, so bytes in front count as their own checksum times x to the number of bits that follow.
 * @returns from the checksum of a beginning to that of both
 */
export function crc32Behind(bytes: Uint8Array): (before: number) => number {
  const own = crc32(bytes);
  const shift = powerOfX(8 * bytes.length);
  return (before) => (product(shift, before) ^ own) >>> 0;
}

function powerOfX(exponent: number): number {
  let power = one;
  for (let square = x, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square = product(square, square))
    if (rest % 2 === 1) power = product(power, square);
  return power;
}

function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if (a & bit) sum ^= b;
    b = b & 1 ? (b >>> 1) ^ polynomial : b >>> 1;
  }
  return sum >>> 0;
}
