const sizeAtFirst = 1024;

/**
 * Writes protobuf from the last byte to the first, so that the length of a message is known when its head is due. Callers write fields in reverse.
 */
export class BackwardWriter {
  #buffer = Buffer.allocUnsafe(sizeAtFirst);
  /** where what is written begins */
  #at = sizeAtFirst;

  /** Bytes written so far: the difference of two of these is a message's length. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + bytes));
    const at = grown.length - this.length;
    this.#buffer.copy(grown, at, this.#at);
    this.#buffer = grown;
    this.#at = at;
  }

  /** A length, a tag or a small number: 0 to 2^53. */
  varint(value: number): void {
    if (value > 0x7fffffff) return this.varint64(BigInt(value));
    this.#reserve(5);
    const size = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    this.#at -= size;
    let at = this.#at;
    while (value >= 0x80) {
      this.#buffer[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#buffer[at] = value;
  }

  /** Any 64-bit integer; negative ones take ten bytes. */
  varint64(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
  }

  integer(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) this.varint(value);
    else this.varint64(BigInt(value));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  /** Length and UTF-8 bytes. */
  string(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#reserve(bytes);
    this.#at -= bytes;
    this.#buffer.write(text, this.#at, bytes, "utf8");
    this.varint(bytes);
  }

  /** Length and bytes. */
  bytes(bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
  }

  /** Wire types: 0 varint, 1 64 bits, 2 length and bytes. */
  tag(field: number, wireType: 0 | 1 | 2): void {
    this.varint(field * 8 + wireType);
  }
}
