/** What one request shows to prove who asks. */
export interface Credentials {
  /** the Authorization header */
  authorization?: string;
  /** client certificate, PEM */
  certificate?: { cert: string; key: string };
}

/** Where credentials come from, each time that they are needed: it caches by itself. */
export interface CredentialSource {
  get(): Promise<Credentials>;
  /** The server answered 401. True when `get` may now give something else and a second try makes sense. */
  rejected(): boolean;
}

/** How to reach one API server, or one part of it. */
export interface ClientConfig {
  /** `https://host:port`, with a path when the API is below one: `/clusters/<x>`, `/services/apiexport/<cluster>/<export>`, … */
  server: string;
  /** certificate authorities, PEM; the system's by default */
  ca?: string;
  insecureSkipTlsVerify?: boolean;
  /** name that the server's certificate is checked against, instead of the host */
  tlsServerName?: string;
  credentials?: CredentialSource;
  impersonate?: { user: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  userAgent?: string;
  /** in order of preference; both by default. Without TLS only the first counts, and is HTTP/1.1 unless told. */
  protocols?: readonly ("h2" | "http/1.1")[];
  /** longest time for one request, watches aside; 60 s by default */
  timeoutMs?: number;
  /** how often 429 and 503 answers that name a delay are tried again; 10 by default */
  retries?: number;
  /** between two looks whether an HTTP/2 connection with open streams still answers; 20 s by default */
  pingMs?: number;
  /** ask for gzip, which servers use for answers above 128 KiB; true by default */
  compress?: boolean;
  /** a Warning header of an answer, each line once per answer */
  onWarning?: (text: string) => void;
}

/** A token that does not change. */
export const bearerToken = (token: string): CredentialSource => ({
  get: async () => ({ authorization: `Bearer ${token}` }),
  rejected: () => false,
});

/** The same server and credentials, another path below it or another server of the same installation. */
export const configFor = (config: ClientConfig, server: string): ClientConfig => ({ ...config, server });
