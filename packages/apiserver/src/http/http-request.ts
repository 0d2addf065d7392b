import type { Duplex } from "node:stream";

/** One request as it came in, whichever protocol carried it. */
export interface HttpRequest {
  readonly method: string;
  /** undecoded, without the query; starts with "/" */
  readonly path: string;
  readonly query: Query;
  /** lower-case names */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string;
  readonly protocol: "h1" | "h2";
  /** the verified client certificate's common name and organizations; undefined without one */
  readonly clientCertificate: CertificateSubject | undefined;
  /** the same of a certificate that the request-header CA signed: its holder may say in headers who the user is */
  readonly proxyCertificate?: CertificateSubject | undefined;
  /** name, value, name, value, … as they came, in any case; what `headers` joins by commas is apart here */
  readonly rawHeaders?: readonly string[];
  /** @throws StatusError 413 over `maxBytes` (default 3 MiB) */
  readBody(maxBytes?: number): Promise<Uint8Array>;
  /** true once the client has gone */
  readonly closed: boolean;
  onClose(listener: () => void): void;
}

export interface CertificateSubject {
  commonName: string;
  organizations: string[];
}

/** The query string, decoded once; of repeated parameters the first counts. */
export interface Query {
  get(name: string): string | undefined;
  has(name: string): boolean;
  readonly text: string;
}

/** What a stream writes to. `write` returns false when the client is slow: then wait for `drained`, or give the client up. */
export interface ResponseSink {
  write(chunk: Uint8Array | string): boolean;
  drained(): Promise<void>;
  /** bytes accepted but not yet handed to the socket */
  readonly buffered: number;
  readonly closed: boolean;
  onClose(listener: () => void): void;
  end(): void;
  /** breaks the stream off, without a clean end */
  destroy(): void;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[]>;
  /** a function streams: it is called once the headers have been flushed, and ends the sink itself */
  body: Uint8Array | string | readonly Uint8Array[] | undefined | ((sink: ResponseSink) => void);
  /**
   * Of an answer 101 to an HTTP/1.1 request that asks for a tunnel: once the head has been written, the connection is the callee's, which ends it.
   * `head` is what has come behind the request already.
   */
  takeOver?: (socket: Duplex, head: Uint8Array) => void;
}
