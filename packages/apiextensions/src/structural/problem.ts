import type { FieldError } from "@meshplane/apimachinery";

/**
 * Something wrong with a value, while the walk is still on its way up: nothing about paths is computed unless something is wrong.
 * `at` holds the way down in reverse.
 */
export interface Problem {
  at: (string | number)[];
  type: FieldError["type"];
  /** The error's text; gets the path as validation messages name it (`spec.list[0].name`, "" at the top). */
  detail: (name: string) => string;
  /** Upstream reports it without a field. */
  nowhere?: boolean;
}

/** All problems of a child, as seen from its parent. */
export function below(segment: string | number, problems: Problem[]): Problem[] {
  for (const problem of problems) problem.at.push(segment);
  return problems;
}

export function formatPath(segments: readonly (string | number)[]): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") path += `[${segment}]`;
    else path += path === "" ? segment : `.${segment}`;
  }
  return path;
}

export const joinFields = (prefix: string, name: string): string =>
  prefix === "" ? name : name === "" ? prefix : name.startsWith("[") ? prefix + name : `${prefix}.${name}`;

/** @param prefix where the value lies in the object; it stands in the field but not in the message */
export function toFieldErrors(problems: readonly Problem[], prefix = ""): FieldError[] {
  return problems.map(({ at, type, detail, nowhere }) => {
    const name = formatPath([...at].reverse());
    return { type, field: nowhere ? "<nil>" : joinFields(prefix, name) || "<nil>", detail: detail(name) };
  });
}
