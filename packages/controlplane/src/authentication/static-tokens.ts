import { hash } from "node:crypto";
import type { User } from "@meshplane/apiserver";
import { authenticated, type TokenAuthenticator } from "./token-authenticator.ts";

/** What is wrong with a token file, where, and what to do about it: shown to whoever starts the program. */
export class TokenFileError extends Error {
  constructor(file: string, line: number, what: string) {
    super(`${file}, line ${line}: ${what}`);
    this.name = "TokenFileError";
  }
}

/**
 * Users of a token file: CSV lines `token,user,uid[,"group1,group2"]`, as upstream's `--token-auth-file`. Empty lines are skipped; of equal
 * tokens the last counts.
 * @throws TokenFileError
 */
export function staticTokens(text: string, file = "token file"): TokenAuthenticator {
  const users = new Map<string, User>();
  for (const { line, fields } of parseCsv(text, file)) {
    if (fields.length < 3) {
      throw new TokenFileError(
        file,
        line,
        `${fields.length} column${fields.length === 1 ? "" : "s"} instead of at least 3; write: token,user,uid,"group1,group2"`,
      );
    }
    const [token, name, uid, groups] = fields as [string, string, string, string | undefined];
    if (token === "") {
      throw new TokenFileError(file, line, "the token is empty; put a secret before the first comma");
    }
    if (name === "") {
      throw new TokenFileError(file, line, "the user is empty; put a name between the first two commas");
    }
    const list = groups ? groups.split(",").filter((group) => group !== "") : [];
    users.set(fingerprint(token), authenticated({ name, uid, groups: list, extra: {} }));
  }
  return (token) => {
    const user = users.get(fingerprint(token));
    return user && { user, audiences: undefined };
  };
}

/** So that a look-up tells nothing about the token by the time it takes, and memory holds none. */
const fingerprint = (token: string): string => hash("sha256", token, "base64url");

/** RFC 4180 as Go reads it: quoted fields may hold commas, line ends and doubled quotes. */
function parseCsv(text: string, file: string): { line: number; fields: string[] }[] {
  const records: { line: number; fields: string[] }[] = [];
  let line = 1;
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    if (text[at] === "\n" || text.startsWith("\r\n", at)) {
      at += text[at] === "\n" ? 1 : 2;
      line++;
      continue;
    }
    const record = { line, fields: [] as string[] };
    for (;;) {
      let field = "";
      if (text[at] === '"') {
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          if (quote < 0) {
            throw new TokenFileError(file, record.line, 'a quoted field is not closed; add the missing "');
          }
          field += text.slice(at, quote);
          at = quote + 1;
          if (text[at] !== '"') break;
          field += '"';
          at++;
        }
        line += field.split("\n").length - 1;
      } else {
        const start = at;
        while (at < text.length && text[at] !== "," && text[at] !== "\n") at++;
        field = text.slice(start, at).replace(/\r$/, "");
        if (field.includes('"')) {
          throw new TokenFileError(file, line, 'a " stands inside a field; put the whole field in quotes and double the inner ones');
        }
      }
      record.fields.push(field);
      if (text[at] === "\r" && text[at + 1] === "\n") at++;
      if (text[at] === ",") {
        at++;
        continue;
      }
      if (at < text.length && text[at] !== "\n") {
        throw new TokenFileError(file, line, "text follows a closing quote; end the field there with a comma");
      }
      at++;
      line++;
      break;
    }
    records.push(record);
  }
  return records;
}
