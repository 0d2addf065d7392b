import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { SecureContext, TLSSocket } from "node:tls";
import type { CertificateSubject, HttpRequest, HttpResponse } from "./http-request.ts";
import { createHttp1Server } from "./h1-server.ts";
import { clientCertificatesOf, readAuthorities, type Authorities } from "./client-certificate.ts";
import { H2Connection, http2Options } from "./h2-connection.ts";

export type Handle = (http: HttpRequest) => Promise<HttpResponse>;

/** What is the same for all requests of one connection. */
export interface ConnectionInfo {
  readonly remoteAddress: string;
  readonly clientCertificate: CertificateSubject | undefined;
  readonly proxyCertificate: CertificateSubject | undefined;
}

export interface ListenOptions {
  /** usually `ApiServer.handle`; it must not reject */
  handle: Handle;
  host?: string;
  /** 0: any free port */
  port: number;
  tls: {
    /** PEM */
    key: string | Uint8Array;
    /** PEM, the leaf first */
    cert: string | Uint8Array;
    /** PEM of the client CA; without it no certificate is asked for (wire 83) */
    ca?: string | Uint8Array;
    /** PEM of the CA whose certificates may name users in headers; they are nobody's own credentials */
    proxyCa?: string | Uint8Array;
    /** another certificate by the name that the client asks for */
    SNICallback?: (serverName: string, done: (error: Error | null, context?: SecureContext) => void) => void;
  };
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** open sockets */
  readonly connections: number;
  /** Takes a renewed certificate for new connections. */
  renew(tls: { key: string | Uint8Array; cert: string | Uint8Array; ca?: string | Uint8Array }): void;
  /** No new connections; GOAWAY to the open ones; what is under way may take `graceMs` (default 60 000), then sockets are broken off. */
  close(graceMs?: number): Promise<void>;
}

/** wire 6 */
const idleMsMax = 90_000;
const sweepMs = 5_000;
const handshakeMsMax = 10_000;

/** One TLS port, split by ALPN into HTTP/2 and HTTP/1.1. @see wire §1 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { handle, host = "127.0.0.1", tls } = options;
  const sockets = new Set<Socket>();
  const connections = new Set<H2Connection>();
  const infos = new WeakMap<Socket, ConnectionInfo>();

  const http1 = createHttp1Server(handle, (socket) => infos.get(socket)!);
  const http2 = createHttp2Server(http2Options);
  http2.on("sessionError", () => {});
  http2.on("session", (session) => {
    const info = infos.get(session.socket as Socket) ?? infoOf(lastSecured!, authorities);
    const connection = new H2Connection(session, info, handle);
    connections.add(connection);
    session.on("close", () => connections.delete(connection));
    if (closing) session.close();
  });

  let closing = false;
  let authorities = readAuthorities(tls.ca, tls.proxyCa);
  /** `session.socket` is a proxy: the session event is synchronous, so the socket at hand is the one */
  let lastSecured: TLSSocket | undefined;
  const server = createTlsServer({
    key: tls.key as string,
    cert: tls.cert as string,
    ...(tls.ca || tls.proxyCa ? { ca: bundleOf(tls.ca, tls.proxyCa), requestCert: true, rejectUnauthorized: false } : {}),
    ...(tls.SNICallback ? { SNICallback: tls.SNICallback } : {}),
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMsMax,
    noDelay: true,
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => answerPlainHttp(error, socket));
  server.on("secureConnection", (socket) => {
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    infos.set(socket, infoOf(socket, authorities));
    lastSecured = socket;
    if (socket.alpnProtocol === "h2") http2.emit("connection", socket);
    else http1.emit("connection", socket);
    lastSecured = undefined;
  });

  const sweep = setInterval(() => {
    const now = Date.now();
    for (const connection of connections) {
      if (connection.openStreams === 0 && now - connection.idleSince >= idleMsMax) connection.session.close();
    }
  }, sweepMs);
  sweep.unref();

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.port, host }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });

  return {
    host,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size;
    },
    renew({ key, cert, ca }) {
      if (ca) authorities = readAuthorities(ca, tls.proxyCa);
      server.setSecureContext({ key: key as string, cert: cert as string, ...(ca ? { ca: bundleOf(ca, tls.proxyCa) } : {}) });
    },
    close(graceMs = 60_000) {
      closing = true;
      clearInterval(sweep);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.session.close();
      http1.closeIdleConnections();
      // keep-alive connections that were busy a moment ago become idle later
      const idle = setInterval(() => http1.closeIdleConnections(), 100);
      const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs);
      return closed.finally(() => {
        clearInterval(idle);
        clearTimeout(cut);
      });
    },
  };
}

const infoOf = (socket: TLSSocket, authorities: Authorities): ConnectionInfo => ({
  remoteAddress: socket.remoteAddress ?? "",
  ...clientCertificatesOf(socket, authorities),
});

const bundleOf = (...bundles: (string | Uint8Array | undefined)[]): string[] =>
  bundles.flatMap((bundle) => (bundle ? [Buffer.from(bundle as string).toString()] : []));

/** wire 5 */
function answerPlainHttp(error: NodeJS.ErrnoException, socket: TLSSocket): void {
  const raw = (socket as unknown as { _parent?: Socket })._parent;
  if (error.code === "ERR_SSL_HTTP_REQUEST" && raw?.writable) {
    raw.end("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
    return;
  }
  socket.destroy();
}
