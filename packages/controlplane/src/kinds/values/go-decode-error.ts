/** What Go's JSON decoding of a typed object answers; the message goes on the wire behind a prefix that depends on where the body came from. */
export class GoDecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GoDecodeError";
  }
}
