import { badRequest } from "@meshplane/apimachinery";
import type { HttpRequest } from "./http/http-request.ts";
import { percentDecode } from "./http/query.ts";
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
  const name = single(headers["impersonate-user"]);
  if (!name) {
    if (headers["impersonate-group"] === undefined && headers["impersonate-uid"] === undefined && !hasExtra(headers)) return caller;
    if (name === "") return caller;
    throw badRequest(`requested ${describe(headers)} without impersonating a user name`);
  }
  if (!options.impersonate) return caller;
  return options.impersonate(caller, wantedUser(name, headers), cluster, http, target);
}

type Headers = HttpRequest["headers"];

function hasExtra(headers: Headers): boolean {
  for (const key in headers) if (key.startsWith(prefix) && key.startsWith(extraPrefix)) return true;
  return false;
}

function wantedUser(name: string, headers: Headers): User {
  let groups = listOf(headers["impersonate-group"]);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account && groups.length === 0) groups = ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`];
  const known = groups.includes(authenticatedGroup) || groups.includes("system:unauthenticated");
  if (name === "system:anonymous") {
    if (groups.length === 0) groups = ["system:unauthenticated"];
  } else if (!known) groups = [...groups, authenticatedGroup];
  return { name, uid: single(headers["impersonate-uid"]) ?? "", groups, extra: extraOf(headers) };
}

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const key of Object.keys(headers)) {
    if (!key.startsWith(extraPrefix)) continue;
    const encoded = key.slice(extraPrefix.length);
    const name = (percentDecode(encoded) ?? encoded).toLowerCase();
    extra[name] = [...(Object.hasOwn(extra, name) ? extra[name]! : []), ...listOf(headers[key])];
  }
  return extra;
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** Node joins repeated headers of other names with a comma and a blank. */
function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : value.split(", ")).filter((item) => item !== "");
}

function describe(headers: Headers): string {
  const groups = listOf(headers["impersonate-group"]).map((group) => JSON.stringify(group));
  const extra = extraOf(headers);
  const extras = Object.keys(extra).map(
    (key) => `${JSON.stringify(key)}:[]string{${extra[key]!.map((value) => JSON.stringify(value)).join(", ")}}`,
  );
  const printedGroups = groups.length > 0 ? `[]string{${groups.join(", ")}}` : "[]string(nil)";
  const printedExtra = extras.length > 0 ? `map[string][]string{${extras.join(", ")}}` : "map[string][]string(nil)";
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(single(headers["impersonate-uid"]) ?? "")}, Groups:${printedGroups}, Extra:${printedExtra}}`;
}
