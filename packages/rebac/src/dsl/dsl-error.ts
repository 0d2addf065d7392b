export interface DslProblem {
  /** "" for a text without a name */
  file: string;
  /** from 1; absent when the problem has no place */
  line?: number;
  message: string;
}

/** What is wrong with one text or with several modules together: everything that was found. */
export class DslError extends Error {
  readonly errors: readonly DslProblem[];

  constructor(errors: readonly DslProblem[]) {
    super(
      errors
        .map(
          ({ file, line, message }) =>
            `${file}${line === undefined ? "" : `${file && ":"}${line}`}${file || line !== undefined ? ": " : ""}${message}`,
        )
        .join("\n"),
    );
    this.name = "DslError";
    this.errors = errors;
  }
}
