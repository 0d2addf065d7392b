export interface TransportRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  /** absolute, with query */
  path: string;
  /** names in lower case */
  headers: Record<string, string | string[]>;
  body?: string | Uint8Array;
  signal?: AbortSignal | undefined;
  /** how long the head of the answer may take */
  timeoutMs: number;
}

export interface TransportAnswer {
  status: number;
  /** names in lower case; repeated ones as a list */
  headers: Record<string, string | string[] | undefined>;
  /** Whole, or throws TransportError. To be read once; leaving the loop early ends the exchange. */
  body: AsyncIterable<Uint8Array>;
  /** ends the exchange without reading the body */
  discard(): void;
}

/** The way to one server. HTTPS here; a process that has the server inside brings its own. */
export interface Transport {
  /** Resolves with the head of the answer, whatever its status. @throws TransportError */
  open(request: TransportRequest): Promise<TransportAnswer>;
  /** ends what is open with TransportError Aborted, and frees connections */
  close(): void;
}
