/** An answer that is no Status: upstream's mux and filters write plain text in some places. Thrown like an error, shown as it is. */
export class TextAnswer extends Error {
  readonly code: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.name = "TextAnswer";
    this.code = code;
    this.text = text;
    this.headers = headers;
  }
}

/** wire 12 */
export const pageNotFound = (): TextAnswer => new TextAnswer(404, "404 page not found\n", { "x-content-type-options": "nosniff" });

/** wire 8 */
export const overloaded = (): TextAnswer => new TextAnswer(429, "Too many requests, please try again later.\n", { "retry-after": "1" });
