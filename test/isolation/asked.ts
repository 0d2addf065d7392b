import type { Thing, WorldUser } from "./world.ts";
import type { WireRequest } from "./wire.ts";

export type Verb = "get" | "list" | "watch" | "write";

/** What a request asks for objects, by its construction: the judge never parses a URL. */
export interface AskedObjects {
  verb: Verb;
  group: string;
  resource: string;
  /** "" across all */
  namespace: string;
  /** "" for a collection */
  name: string;
  /** which of them, with selectors */
  matches: ((thing: Thing) => boolean) | undefined;
  /** what the selectors leave can only be things with markers, so it can be counted */
  countable: boolean;
  limit: number | undefined;
  /** how much of an object the answer's form shows */
  shows: "all" | "metadata" | "name";
}

export interface Asked {
  index: number;
  user: WorldUser;
  wire: WireRequest;
  /** cluster: of one logical cluster or "*"; view: the provider's virtual workspace; odd: the construction says nothing about it */
  via: "cluster" | "view" | "odd";
  /** a logical cluster's name, or "*" */
  cluster: string;
  objects: AskedObjects | undefined;
  /** nothing odd about it: what the grants cover must be answered */
  plain: boolean;
  /** the same about a name that does not exist, when the two answers must not differ */
  twin: WireRequest | undefined;
  /** both names of a twin */
  twinNames: readonly [string, string] | undefined;
}

/** One line that a reader can repeat. */
export function described({ index, user, wire, via }: Asked): string {
  const headers = Object.entries(wire.headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
  return `#${index} ${user.name} (${via}${wire.http1 ? ", HTTP/1.1" : ""}) ${wire.method ?? "GET"} ${wire.path} ${headers.join("; ")} ${wire.body ?? ""}`;
}
