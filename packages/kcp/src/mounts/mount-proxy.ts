/**
 * Passes requests on to where a mounted workspace is served, with the caller's own credentials. The URL comes from a user's object: only
 * HTTPS, with a certificate that is checked, and no address that means this machine's own network services.
 * @see spec tenancy §8, scale §3.3
 */
import type { LookupFunction } from "node:net";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { lookup as resolveName } from "node:dns";
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { createSecureContext, getCACertificates } from "node:tls";
import { badRequest } from "@meshplane/apimachinery";
import type { HttpRequest, HttpResponse, Log, ResponseSink } from "@meshplane/apiserver";
import { plainAnswer } from "./plain-answer.ts";

export type MountProxy = (http: HttpRequest, url: string, rest: string) => Promise<HttpResponse>;

export interface MountProxyOptions {
  log: Log;
  /** PEM; trusted beside the public authorities and NODE_EXTRA_CA_CERTS */
  ca?: string | undefined;
}

/** requests that have come through this many mounts go no further */
export const mountHopsMax = 4;
const hopsHeader = "x-kcp-mount-hops";
const connectMsMax = 10_000;

export function createMountProxy({ log, ca }: MountProxyOptions): MountProxy {
  // made on first use: most servers have no mounts, and reading all authorities takes a while
  let agent: Agent | undefined;
  const makeAgent = (): Agent =>
    new Agent({
      keepAlive: true,
      maxFreeSockets: 64,
      lookup: lookupOutside,
      ...(ca ? { secureContext: createSecureContext({ ca: [...getCACertificates("default"), ca] }) } : {}),
    });
  return async (http, url, rest) => {
    const target = targetOf(url);
    if (!target) return plainAnswer(502, "the mount's URL cannot be used: an https URL of another machine is wanted\n");
    if (climbs(rest)) throw badRequest("invalid path");
    const hops = Number(single(http.headers[hopsHeader]) ?? 0);
    if (!(hops < mountHopsMax)) return plainAnswer(508, "mounts lead in a circle\n");
    const upgrade = http.protocol === "h1" ? single(http.headers["upgrade"]) : undefined;
    const body = upgrade ? nothing : await http.readBody();
    const headers = forwardedHeaders(http, target, hops + 1, body.length);
    if (upgrade) Object.assign(headers, { connection: "Upgrade", upgrade });
    const path = joined(target.pathname, rest) + joinedQuery(target.search, http.query.text);
    try {
      return await sent(0);
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      const hint = untrusted.test(code) ? { hint: "authorities in the file that NODE_EXTRA_CA_CERTS names are trusted" } : {};
      log.warn("a mount cannot be reached", { host: target.host, error: message, ...hint });
      return plainAnswer(502, "the mounted server cannot be reached\n");
    }

    function sent(attempt: number): Promise<HttpResponse> {
      return new Promise((resolve, reject) => {
        const request = httpsRequest(
          {
            agent: (agent ??= makeAgent()),
            method: http.method,
            hostname: bare(target!.hostname),
            port: target!.port || 443,
            path,
            headers,
            setHost: false,
          },
          (response) => resolve(answerOf(response, http)),
        );
        const connecting = setTimeout(() => request.destroy(new Error("no connection in time")), connectMsMax);
        request.on("socket", (socket) => {
          if (socket.connecting) socket.once("secureConnect", () => clearTimeout(connecting));
          else clearTimeout(connecting);
        });
        request.on("close", () => clearTimeout(connecting));
        request.on("upgrade", (response, socket, head) => resolve(tunnelOf(response, socket, head)));
        request.on("error", (error) => {
          // a kept connection that the other side has just closed
          const mayRepeat = attempt === 0 && request.reusedSocket && (http.method === "GET" || http.method === "HEAD");
          if (mayRepeat && !http.closed) sent(1).then(resolve, reject);
          else reject(error);
        });
        http.onClose(() => request.destroy());
        request.end(body);
      });
    }
  };
}

const untrusted = /^(SELF_SIGNED|UNABLE_TO_|DEPTH_ZERO|CERT_)/;

/** undefined: not a place where requests may go */
function targetOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  const host = bare(url.hostname);
  return isIP(host) && isForbidden(host) ? undefined : url;
}

const bare = (hostname: string): string => (hostname.startsWith("[") ? hostname.slice(1, -1) : hostname);

/** Link-local addresses are where clouds keep a machine's credentials; nobody serves a workspace there. */
const forbidden = new BlockList();
forbidden.addSubnet("0.0.0.0", 8, "ipv4");
forbidden.addSubnet("169.254.0.0", 16, "ipv4");
forbidden.addSubnet("224.0.0.0", 3, "ipv4");
forbidden.addAddress("::", "ipv6");
forbidden.addSubnet("fe80::", 10, "ipv6");
forbidden.addSubnet("ff00::", 8, "ipv6");
forbidden.addAddress("fd00:ec2::254", "ipv6");

const isForbidden = (address: string): boolean => forbidden.check(address, isIPv6(address) ? "ipv6" : "ipv4");

/** looks at what a name stands for now: what was checked is what is connected to */
const lookupOutside: LookupFunction = (hostname, options, done) =>
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, "", 0);
    const allowed = addresses.filter(({ address }) => !isForbidden(address));
    if (allowed.length === 0) return done(new Error(`${hostname} has no address that may be asked`), "", 0);
    if (options.all) done(null, allowed);
    else done(null, allowed[0]!.address, allowed[0]!.family);
  });

/** whether a path leaves the one below which the mount lies */
const climbs = (path: string): boolean => path.split("/").some((segment) => [".", ".."].includes(segment.replace(/%2e/gi, ".")));

const joined = (base: string, rest: string): string => (base.endsWith("/") ? base.slice(0, -1) : base) + rest;

function joinedQuery(search: string, text: string): string {
  if (search.length > 1) return text === "" ? search : `${search}&${text}`;
  return text === "" ? "" : `?${text}`;
}

/** what belongs to one connection, not to the message */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

function forwardedHeaders(http: HttpRequest, target: URL, hops: number, bodyBytes: number): OutgoingHttpHeaders {
  const headers = withoutHopByHop(http.headers);
  for (const name of Object.keys(headers)) {
    // Who somebody is by these is for a proxy with a certificate to say, not for its clients.
    if (name.startsWith("x-remote-") || name === "content-length" || name === "expect") delete headers[name];
  }
  const from = single(http.headers["x-forwarded-for"]);
  headers["x-forwarded-for"] = from ? `${from}, ${http.remoteAddress}` : http.remoteAddress;
  const host = single(http.headers[":authority"]) ?? single(http.headers["host"]);
  if (host !== undefined) headers["x-forwarded-host"] = host;
  headers["x-forwarded-proto"] = "https";
  headers["host"] = target.host;
  headers[hopsHeader] = String(hops);
  if (bodyBytes > 0 || !["GET", "HEAD", "DELETE", "OPTIONS"].includes(http.method)) headers["content-length"] = bodyBytes;
  return headers;
}

function withoutHopByHop(from: IncomingHttpHeaders | HttpRequest["headers"]): Record<string, string | string[] | number> {
  const named = new Set(
    String(from["connection"] ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
  const headers: Record<string, string | string[] | number> = Object.create(null);
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined || name.startsWith(":") || hopByHop.has(name) || named.has(name)) continue;
    headers[name] = value;
  }
  return headers;
}

function answerOf(response: IncomingMessage, http: HttpRequest): HttpResponse {
  const headers = withoutHopByHop(response.headers) as Record<string, string | string[]>;
  const status = response.statusCode ?? 502;
  response.on("error", () => {});
  if (http.method === "HEAD" || status === 204 || status === 304) {
    response.resume();
    return { status, headers, body: undefined };
  }
  return { status, headers, body: (sink) => pass(response, sink) };
}

/** Every piece goes out as it comes: a watch tells of each change at once. */
function pass(response: IncomingMessage, sink: ResponseSink): void {
  sink.onClose(() => response.destroy());
  response.on("data", (chunk: Uint8Array) => {
    if (sink.write(chunk) || sink.closed) return;
    response.pause();
    void sink.drained().then(() => response.resume());
  });
  response.on("end", () => sink.end());
  response.on("close", () => {
    if (!response.complete && !sink.closed) sink.destroy();
  });
}

/** From here on bytes go to and fro, until either side ends. */
function tunnelOf({ statusCode, headers }: IncomingMessage, far: Duplex, farHead: Uint8Array): HttpResponse {
  far.on("error", () => far.destroy());
  return {
    status: statusCode ?? 101,
    headers: { ...(withoutHopByHop(headers) as Record<string, string | string[]>), connection: "Upgrade", upgrade: headers.upgrade ?? "" },
    body: undefined,
    takeOver(near, nearHead) {
      near.on("error", () => near.destroy());
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      near.write(farHead);
      far.write(nearHead);
      far.pipe(near);
      near.pipe(far);
    },
  };
}

const nothing = new Uint8Array();
const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
