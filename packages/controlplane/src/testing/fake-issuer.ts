import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { testCert, testKey } from "@meshplane/apiserver/testing";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from "jose";

interface Key {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

/** An OpenID Connect issuer on this machine: discovery, keys, tokens; and ways to misbehave. */
export class FakeIssuer {
  readonly url: string;
  /** of its TLS certificate, PEM */
  readonly ca = testCert;
  /** requests that it has answered, by path */
  readonly asked: string[] = [];
  /** instead of its usual documents, by path */
  readonly answers = new Map<string, { status?: number; headers?: Record<string, string>; body?: string }>();
  key: Key;
  readonly #port: number;
  #server: Server | undefined;

  private constructor(port: number, key: Key, server: Server) {
    this.#port = port;
    this.key = key;
    this.#server = server;
    this.url = `https://localhost:${port}`;
  }

  static async start(): Promise<FakeIssuer> {
    const key = await newKey("first");
    let self: FakeIssuer;
    const server = await listenOn(0, (path) => self.#answer(path));
    self = new FakeIssuer((server.address() as AddressInfo).port, key, server);
    return self;
  }

  /** Another key; the one before is withdrawn. */
  async rotate(kid: string): Promise<void> {
    this.key = await newKey(kid);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** on the same port as before */
  async restart(): Promise<void> {
    this.#server = await listenOn(this.#port, (path) => this.#answer(path));
  }

  /** A good token for `kcp`, valid for an hour; `undefined` in `claims` takes one away. */
  token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key: CryptoKey = this.key.privateKey): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, aud: "kcp", sub: "alice", iat: now, exp: now + 3600, ...claims };
    for (const name of Object.keys(payload) as (keyof typeof payload)[]) if (payload[name] === undefined) delete payload[name];
    return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg: "RS256", kid: this.key.kid, ...header }).sign(key);
  }

  #answer(path: string): { status?: number; headers?: Record<string, string>; body?: string } {
    this.asked.push(path);
    const given = this.answers.get(path);
    if (given) return given;
    if (path === "/.well-known/openid-configuration") return { body: JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }) };
    if (path === "/keys") return { body: JSON.stringify({ keys: [this.key.jwk] }) };
    return { status: 404 };
  }
}

async function newKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig", alg: "RS256" } };
}

function listenOn(
  port: number,
  answer: (path: string) => { status?: number; headers?: Record<string, string>; body?: string },
): Promise<Server> {
  const server = createServer({ key: testKey, cert: testCert }, (request, response) => {
    const { status = 200, headers = {}, body = "" } = answer(request.url ?? "/");
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", () => resolve(server));
  });
}
