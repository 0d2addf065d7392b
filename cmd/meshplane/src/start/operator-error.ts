/** Something that whoever starts the program can mend. The message says what is wrong, `mend` what to do. */
export class OperatorError extends Error {
  readonly mend: string;
  constructor(message: string, mend: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OperatorError";
    this.mend = mend;
  }
}
