export interface FieldRequirement {
  field: string;
  operator: "=" | "!=";
  value: string;
}

/** Selects objects by single fields, all of which must fit. Which fields exist is the resource's affair. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  /** @param read a field's value; undefined counts as "" */
  matches(read: (field: string) => string | undefined): boolean;
  toString(): string;
}

const escapeValue = (value: string): string => value.replace(/[\\,=]/g, "\\$&");

function unescapeValue(text: string): string {
  let value = "";
  const characters = [...text];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (c === "\\") {
      const next = characters[++i] ?? "";
      if (next !== "\\" && next !== "," && next !== "=") {
        throw new Error(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      value += next;
    } else if (c === "," || c === "=") {
      throw new Error(`invalid field selector: unescaped character in value: ${c.charCodeAt(0)}`);
    } else value += c;
  }
  return value;
}

/** Splits at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

/**
 * Reads `metadata.name=a,status.phase!=Active`; `\,`, `\=` and `\\` in values stand for themselves. "" selects everything.
 * @throws Error with upstream's text, to be answered as 400. @see spec wire §7
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === "") continue;
    const operator = /!=|==|=/.exec(term);
    if (!operator) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({
      field: term.slice(0, operator.index),
      operator: operator[0] === "!=" ? "!=" : "=",
      value: unescapeValue(term.slice(operator.index + operator[0].length)),
    });
  }
  return {
    requirements,
    matches: (read) => requirements.every(({ field, operator, value }) => ((read(field) ?? "") === value) === (operator === "=")),
    toString: () => requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(","),
  };
}
