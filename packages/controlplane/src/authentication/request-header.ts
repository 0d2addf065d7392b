import { separateHeaders, type Authenticator } from "@meshplane/apiserver";
import { authenticated } from "./token-authenticator.ts";

export interface RequestHeaderOptions {
  /** common names of proxies; empty: whoever has a certificate of the request-header CA */
  allowedNames: readonly string[];
  /** names of headers, in any case; of the first two kinds the first that is there counts */
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
}

/**
 * Believes a front proxy, known by its certificate, who the user is. From anybody else these headers mean nothing, however they are spelled.
 * @see k8s.io/apiserver pkg/authentication/request/headerrequest
 */
export function requestHeaders(options: RequestHeaderOptions): Authenticator {
  const allowed = new Set(options.allowedNames);
  const [usernames, uids, groups, prefixes] = [
    options.usernameHeaders,
    options.uidHeaders,
    options.groupHeaders,
    options.extraHeaderPrefixes,
  ].map((names) => names.map((name) => name.trim().toLowerCase()));

  return (http) => {
    const proxy = http.proxyCertificate;
    if (!proxy || (allowed.size > 0 && !allowed.has(proxy.commonName))) return undefined;
    const headers = separateHeaders(http);
    const name = firstOf(headers, usernames!);
    if (name === "") return undefined;
    return authenticated({
      name,
      uid: firstOf(headers, uids!),
      groups: groups!.flatMap((header) => (headers.get(header) ?? []).filter((group) => group !== "")),
      extra: extraOf(headers, prefixes!),
    });
  };
}

const firstOf = (headers: Map<string, string[]>, names: readonly string[]): string => {
  for (const name of names) {
    const value = headers.get(name)?.[0];
    if (value) return value;
  }
  return "";
};

function extraOf(headers: Map<string, string[]>, prefixes: readonly string[]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const prefix of prefixes) {
    for (const [name, values] of headers) {
      if (!name.startsWith(prefix)) continue;
      const key = decode(name.slice(prefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...values]);
    }
  }
  return Object.fromEntries(extra);
}

/** Keys are percent-encoded; a malformed one is kept as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
