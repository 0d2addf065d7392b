/**
 * An expression that does not compile. The message is cel-go's text, one block per problem:
 * `ERROR: <input>:1:5: undefined field 'b'`, then the line and a caret.
 */
export class CelError extends Error {
  readonly issues: readonly CelIssue[];
  /** 1-based, of the first problem. */
  readonly line: number;
  readonly column: number;
  constructor(issues: readonly CelIssue[], source: string) {
    super(issues.map((issue) => formatIssue(issue, source)).join("\n"));
    this.name = "CelError";
    this.issues = issues;
    this.line = issues[0]?.line ?? 1;
    this.column = issues[0]?.column ?? 1;
  }
}

/** One problem at one place; line and column count from 1, columns in code points. */
export interface CelIssue {
  line: number;
  column: number;
  message: string;
}

/** The expression compiled, but this evaluation has no value: `no such key: k`, `division by zero`. Absorbed by `||`, `&&` and the macros. */
export class CelEvalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CelEvalError";
  }
}

/** The evaluation cost more than its limit. Nothing in the expression can absorb it. */
export class CelCostExceeded extends Error {
  readonly limit: number;
  constructor(limit: number) {
    super("operation cancelled: actual cost limit exceeded");
    this.name = "CelCostExceeded";
    this.limit = limit;
  }
}

function formatIssue({ line, column, message }: CelIssue, source: string): string {
  const text = (source.split("\n")[line - 1] ?? "").replaceAll("\t", " ");
  return `ERROR: <input>:${line}:${column}: ${message}\n | ${text}\n | ${".".repeat(Math.max(0, column - 1))}^`;
}

/** Turns an offset in UTF-16 units into a line and a column. */
export function issueAt(source: string, offset: number, message: string): CelIssue {
  const before = source.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: Array.from(before.slice(before.lastIndexOf("\n") + 1)).length + 1, message };
}
