/** Bytes that are not JSON. The message is what Go's decoder says, because clients see it. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonSyntaxError";
  }
}

const encoder = new TextEncoder();

/** Where the scanner is: what may come next, and what an unexpected byte is told to have interrupted. */
const beginValue = 0;
const beginValueOrEnd = 1;
const beginKeyOrEnd = 2;
const beginKey = 3;
const afterKey = 4;
const afterValue = 5;

const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isHex = (c: number): boolean => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);

/** A byte between quotes as Go prints it: `'\x01'`, `'\''`, `'"'`, bytes above 0x7f as the Latin-1 character. */
export function quoteByte(c: number): string {
  if (c === 0x27) return "'\\''";
  if (c === 0x22) return "'\"'";
  if (c === 0x5c) return "'\\\\'";
  const escapes: Record<number, string> = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
  };
  const escape = escapes[c];
  if (escape !== undefined) return `'${escape}'`;
  if (c < 0x20 || c === 0x7f) return `'\\x${c.toString(16).padStart(2, "0")}'`;
  if ((c >= 0x80 && c <= 0xa0) || c === 0xad) return `'\\u00${c.toString(16)}'`;
  return `'${String.fromCharCode(c)}'`;
}

/**
 * Says what is wrong with bytes that `JSON.parse` refused, or undefined when nothing is. Works on bytes, as Go does: the offending
 * character of a message is one byte. Iterative, so that depth cannot overflow the stack.
 */
export function findJsonSyntaxError(input: Uint8Array | string, maxDepth: number): JsonSyntaxError | undefined {
  const bytes = typeof input === "string" ? encoder.encode(input) : input;
  const containers: boolean[] = []; // true: object
  let state = beginValue;
  let i = 0;
  const unexpected = (context: string): JsonSyntaxError =>
    i >= bytes.length
      ? new JsonSyntaxError("unexpected end of JSON input")
      : new JsonSyntaxError(`invalid character ${quoteByte(bytes[i]!)} ${context}`);

  const endValue = (): void => {
    state = afterValue;
  };

  /** @returns an error, or undefined with `i` after the closing quote */
  const scanString = (): JsonSyntaxError | undefined => {
    i++;
    for (; ; i++) {
      if (i >= bytes.length) return unexpected("");
      const c = bytes[i]!;
      if (c === 0x22) break;
      if (c < 0x20) return unexpected("in string literal");
      if (c !== 0x5c) continue;
      i++;
      if (i >= bytes.length) return unexpected("");
      const escaped = bytes[i]!;
      if (escaped === 0x75) {
        for (let digit = 0; digit < 4; digit++) {
          i++;
          if (i >= bytes.length || !isHex(bytes[i]!)) return unexpected("in \\u hexadecimal character escape");
        }
      } else if (!'"\\/bfnrt'.includes(String.fromCharCode(escaped))) return unexpected("in string escape code");
    }
    i++;
    return undefined;
  };

  const scanNumber = (): JsonSyntaxError | undefined => {
    if (bytes[i] === 0x2d) {
      i++;
      if (i >= bytes.length || !isDigit(bytes[i]!)) return unexpected("in numeric literal");
    }
    if (bytes[i] === 0x30) i++;
    else while (i < bytes.length && isDigit(bytes[i]!)) i++;
    if (bytes[i] === 0x2e) {
      i++;
      if (i >= bytes.length || !isDigit(bytes[i]!)) return unexpected("after decimal point in numeric literal");
      while (i < bytes.length && isDigit(bytes[i]!)) i++;
    }
    if (bytes[i] === 0x65 || bytes[i] === 0x45) {
      i++;
      if (bytes[i] === 0x2b || bytes[i] === 0x2d) i++;
      if (i >= bytes.length || !isDigit(bytes[i]!)) return unexpected("in exponent of numeric literal");
      while (i < bytes.length && isDigit(bytes[i]!)) i++;
    }
    return undefined;
  };

  const scanLiteral = (word: string): JsonSyntaxError | undefined => {
    for (let at = 1; at < word.length; at++) {
      i++;
      if (bytes[i] !== word.charCodeAt(at)) return unexpected(`in literal ${word} (expecting '${word[at]}')`);
    }
    i++;
    return undefined;
  };

  for (;;) {
    while (i < bytes.length && isSpace(bytes[i]!)) i++;
    if (state === afterValue && containers.length === 0) {
      return i >= bytes.length ? undefined : unexpected("after top-level value");
    }
    if (i >= bytes.length) return unexpected("");
    const c = bytes[i]!;
    let error: JsonSyntaxError | undefined;
    switch (state) {
      case beginValueOrEnd:
      case beginValue:
        if (state === beginValueOrEnd && c === 0x5d) {
          i++;
          containers.pop();
          endValue();
          break;
        }
        if (c === 0x7b || c === 0x5b) {
          containers.push(c === 0x7b);
          if (containers.length > maxDepth) return new JsonSyntaxError("exceeded max depth");
          state = c === 0x7b ? beginKeyOrEnd : beginValueOrEnd;
          i++;
          break;
        }
        if (c === 0x22) error = scanString();
        else if (c === 0x2d || isDigit(c)) error = scanNumber();
        else if (c === 0x74) error = scanLiteral("true");
        else if (c === 0x66) error = scanLiteral("false");
        else if (c === 0x6e) error = scanLiteral("null");
        else error = unexpected("looking for beginning of value");
        endValue();
        break;
      case beginKeyOrEnd:
      case beginKey:
        if (state === beginKeyOrEnd && c === 0x7d) {
          i++;
          containers.pop();
          endValue();
          break;
        }
        if (c !== 0x22) return unexpected("looking for beginning of object key string");
        error = scanString();
        state = afterKey;
        break;
      case afterKey:
        if (c !== 0x3a) return unexpected("after object key");
        i++;
        state = beginValue;
        break;
      default: {
        const inObject = containers.at(-1)!;
        if (c === 0x2c) {
          i++;
          state = inObject ? beginKey : beginValue;
        } else if (c === (inObject ? 0x7d : 0x5d)) {
          i++;
          containers.pop();
        } else return unexpected(inObject ? "after object key:value pair" : "after array element");
      }
    }
    if (error) return error;
  }
}
