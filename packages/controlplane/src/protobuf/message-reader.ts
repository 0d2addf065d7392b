const truncated = (): Error => new Error("unexpected EOF");

/** Reads the fields of one protobuf message from a stranger's bytes. @throws Error in Go's words for what is not protobuf */
export class MessageReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;
  /** of the field that `next` came to */
  field = 0;
  wireType = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** On to the next field; false at the end. What is left of the current one must have been read or skipped. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = Number(this.varint());
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.field < 1) throw new Error(`proto: illegal tag ${this.field} (wire type ${this.wireType})`);
    return true;
  }

  varint(): bigint {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(value);
    }
    let large = BigInt(value);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      large |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, large);
    }
    throw new Error("proto: integer overflow");
  }

  /** A signed integer: a number where one can hold it. */
  integer(): number | bigint {
    const value = BigInt.asIntN(64, this.varint());
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  double(): number {
    if (this.#end - this.#at < 8) throw truncated();
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  string(): string {
    const [start, end] = this.#delimited();
    return this.#bytes.toString("utf8", start, end);
  }

  bytes(): Buffer {
    const [start, end] = this.#delimited();
    return this.#bytes.subarray(start, end);
  }

  message(): MessageReader {
    const [start, end] = this.#delimited();
    return new MessageReader(this.#bytes, start, end);
  }

  /** @throws Error when the field is not of that wire type */
  expect(wireType: number): void {
    if (this.wireType !== wireType) throw new Error(`proto: wrong wireType = ${this.wireType} for field ${this.field}`);
  }

  skip(): void {
    switch (this.wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#delimited();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new Error(`proto: illegal wireType ${this.wireType}`);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw truncated();
    return this.#bytes[this.#at++]!;
  }

  #advance(bytes: number): void {
    if (this.#end - this.#at < bytes) throw truncated();
    this.#at += bytes;
  }

  #delimited(): [start: number, end: number] {
    const length = this.varint();
    if (length > BigInt(this.#end - this.#at)) throw truncated();
    const start = this.#at;
    this.#at += Number(length);
    return [start, this.#at];
  }
}
