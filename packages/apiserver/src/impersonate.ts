import { badRequest } from "@meshplane/apimachinery";
import type { HttpRequest } from "./http/http-request.ts";
import { percentDecode } from "./http/query.ts";
import { separateHeaders } from "./http/separate-headers.ts";
import type { ServerOptions } from "./server-options.ts";
import type { Target } from "./target.ts";
import { authenticatedGroup } from "./user.ts";
import type { User } from "./user.ts";

const prefix = "impersonate-";
const extraPrefix = "impersonate-extra-";

/** Who acts: the caller, or whom it may act as. @throws StatusError 400, 403 (wire 84) */
export function impersonate(
  http: HttpRequest,
  caller: User,
  cluster: string,
  options: ServerOptions,
  target: Target,
): User | Promise<User> {
  const { headers } = http;
  const name = headers["impersonate-user"] === undefined ? undefined : (separateHeaders(http).get("impersonate-user")?.[0] ?? "");
  if (!name) {
    if (headers["impersonate-group"] === undefined && headers["impersonate-uid"] === undefined && !hasExtra(headers)) return caller;
    if (name === "") return caller;
    throw badRequest(`requested ${describe(separateHeaders(http))} without impersonating a user name`);
  }
  if (!options.impersonate) return caller;
  return options.impersonate(caller, wantedUser(name, separateHeaders(http)), cluster, http, target);
}

type Headers = ReadonlyMap<string, readonly string[]>;

function hasExtra(headers: HttpRequest["headers"]): boolean {
  for (const key in headers) if (key.startsWith(prefix) && key.startsWith(extraPrefix)) return true;
  return false;
}

function wantedUser(name: string, headers: Headers): User {
  let groups = valuesOf(headers, "impersonate-group");
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account && groups.length === 0) groups = ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`];
  const known = groups.includes(authenticatedGroup) || groups.includes("system:unauthenticated");
  if (name === "system:anonymous") {
    if (groups.length === 0) groups = ["system:unauthenticated"];
  } else if (!known) groups = [...groups, authenticatedGroup];
  return { name, uid: valuesOf(headers, "impersonate-uid")[0] ?? "", groups, extra: extraOf(headers) };
}

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const key of headers.keys()) {
    if (!key.startsWith(extraPrefix)) continue;
    const encoded = key.slice(extraPrefix.length);
    const name = (percentDecode(encoded) ?? encoded).toLowerCase();
    extra[name] = [...(Object.hasOwn(extra, name) ? extra[name]! : []), ...valuesOf(headers, key)];
  }
  return extra;
}

const valuesOf = (headers: Headers, name: string): string[] => (headers.get(name) ?? []).filter((value) => value !== "");

function describe(headers: Headers): string {
  const groups = valuesOf(headers, "impersonate-group").map((group) => JSON.stringify(group));
  const extra = extraOf(headers);
  const extras = Object.keys(extra).map(
    (key) => `${JSON.stringify(key)}:[]string{${extra[key]!.map((value) => JSON.stringify(value)).join(", ")}}`,
  );
  const printedGroups = groups.length > 0 ? `[]string{${groups.join(", ")}}` : "[]string(nil)";
  const printedExtra = extras.length > 0 ? `map[string][]string{${extras.join(", ")}}` : "map[string][]string(nil)";
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(valuesOf(headers, "impersonate-uid")[0] ?? "")}, Groups:${printedGroups}, Extra:${printedExtra}}`;
}
