/** URLs. @see Kubernetes' urls library; Go net/url ParseRequestURI */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { ArrayList, CelOpaque, EntryMap, type CelValue } from "../values.ts";

class CelUrl extends CelOpaque {
  readonly typeName = "kubernetes.URL";
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  constructor(text: string, parts: { scheme: string; host: string; path: string; query: string }) {
    super();
    this.text = text;
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path;
    this.query = parts.query;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
  override toString(): string {
    return this.text;
  }
}

/** Absolute URIs and absolute paths, as an HTTP request may carry; undefined for the rest. */
function parseUrl(text: string): CelUrl | undefined {
  if (text === "" || /[\x00-\x20\x7f]/.test(text)) return undefined;
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?([\s\S]*))?$/.exec(text);
  if (!match) return undefined;
  const [, scheme = "", authority, rawPath = "", query = ""] = match;
  if (scheme === "" && (authority !== undefined || !rawPath.startsWith("/"))) return undefined;
  if (scheme !== "" && authority === undefined && !rawPath.startsWith("/")) {
    return new CelUrl(text, { scheme: scheme.toLowerCase(), host: "", path: "", query });
  }
  const host = (authority ?? "").replace(/^.*@/, "");
  if (!/^(\[[0-9A-Fa-f:.%A-Za-z0-9_~-]+\]|[^\s:[\]\\^`{}|<>"#]*)(:\d*)?$/.test(host)) return undefined;
  const path = unescape(rawPath);
  return path === undefined ? undefined : new CelUrl(text, { scheme: scheme.toLowerCase(), host, path, query });
}

function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function url(text: string): CelUrl {
  const value = parseUrl(text);
  if (!value)
    throw new CelEvalError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return value;
}

function queryOf(value: CelUrl): CelValue {
  const values = new Map<string, string[]>();
  for (const [key, item] of new URLSearchParams(value.query)) {
    const existing = values.get(key);
    if (existing) existing.push(item);
    else values.set(key, [item]);
  }
  return new EntryMap([...values].map(([key, items]) => [key, new ArrayList(items)] as const));
}

const hostname = (value: CelUrl): string => value.host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
const cost = ([a]: readonly number[]): number => Math.max(1, Math.ceil(a! * 0.1));

export const urlLibrary = library(
  {
    "url(string): kubernetes.URL": { call: url, cost },
    "isURL(string): bool": { call: (text: string) => parseUrl(text) !== undefined, cost },
    "(kubernetes.URL).getScheme(): string": (a: CelUrl) => a.scheme,
    "(kubernetes.URL).getHost(): string": (a: CelUrl) => a.host,
    "(kubernetes.URL).getHostname(): string": hostname,
    "(kubernetes.URL).getPort(): string": (a: CelUrl) => /:(\d+)$/.exec(a.host)?.[1] ?? "",
    "(kubernetes.URL).getEscapedPath(): string": (a: CelUrl) =>
      encodeURI(a.path).replaceAll("[", "%5B").replaceAll("]", "%5D").replaceAll("?", "%3F").replaceAll("#", "%23"),
    "(kubernetes.URL).getQuery(): map<string, list<string>>": queryOf,
  },
  ["kubernetes.URL"],
);
