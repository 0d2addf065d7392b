import type { HttpRequest } from "./http-request.ts";

/**
 * Every value of every header by itself, by lower-case name. `headers` joins repeated ones by commas, but a comma may be part of a value: a group's name
 * that was taken apart again would be two groups.
 */
export function separateHeaders({ rawHeaders, headers }: Pick<HttpRequest, "rawHeaders" | "headers">): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const values = found.get(name);
    if (values) values.push(value);
    else found.set(name, [value]);
  };
  if (rawHeaders) {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) add(rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!);
    return found;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) for (const one of value) add(name, one);
    else if (value !== undefined) add(name, value);
  }
  return found;
}
