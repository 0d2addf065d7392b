/** Digests as short text: big-endian bytes as one number in base 36 or 62. @see spec tenancy §1.1 */
const base36Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
const base62Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** digits taken at a time: as many as a double holds exactly, whatever the base */
const atOnce = 8;

function toBase(bytes: Uint8Array, digits: string): string {
  const base = digits.length;
  const chunk = BigInt(base) ** BigInt(atOnce);
  let number = BigInt(`0x0${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`);
  let text = "";
  while (number > 0n) {
    const rest = number / chunk;
    let low = Number(number - rest * chunk);
    for (let i = 0; i < atOnce && (low > 0 || rest > 0n); i++) {
      text = digits[low % base] + text;
      low = Math.floor(low / base);
    }
    number = rest;
  }
  return text;
}

/** Without anything for leading zero bytes. */
export const base62 = (bytes: Uint8Array): string => toBase(bytes, base62Digits);

/** One `0` in front for each leading zero byte. */
export function base36Padded(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  return "0".repeat(zeros) + toBase(bytes, base36Digits);
}
