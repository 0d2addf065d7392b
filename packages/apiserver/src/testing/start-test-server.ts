import { randomUUID } from "node:crypto";
import { notFound } from "@meshplane/apimachinery";
import { openMemoryStore } from "@meshplane/storage";
import type { Store } from "@meshplane/storage";
import { allow } from "../authorization/authorizer.ts";
import { createApiServer } from "../create-api-server.ts";
import { listen } from "../http/listener.ts";
import type { Listener } from "../http/listener.ts";
import type { ResourceDefinition } from "../resource-definition.ts";
import type { ApiServer, ServerOptions } from "../server-options.ts";
import { surfaceOf } from "../surface.ts";
import { testConfigMaps, testWidgets } from "./config-map-definition.ts";
import { testCert, testKey } from "./test-certificate.ts";

export interface TestServer {
  readonly api: ApiServer;
  readonly store: Store;
  readonly listener: Listener;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** PEM that clients trust */
  readonly ca: string;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  definitions?: readonly ResourceDefinition[];
  store?: Store;
  port?: number;
  options?: Partial<ServerOptions>;
}

/** A whole server on a memory store: `/clusters/<name>/…` for any name, every request allowed, ConfigMaps and Widgets. */
export async function startTestServer({
  definitions = [testConfigMaps, testWidgets],
  store = openMemoryStore(),
  port = 0,
  options,
}: TestServerOptions = {}): Promise<TestServer> {
  const surface = surfaceOf("test", definitions);
  const api = createApiServer({
    store,
    projections: [],
    frontDoor: {
      resolve(http) {
        const match = /^\/clusters\/([^/]+)(\/.*)?$/.exec(http.path);
        if (!match && http.path.startsWith("/clusters")) throw notFound({ group: "tenancy.kcp.io", resource: "workspaces" }, http.path);
        const cluster = match ? match[1]! : "root";
        return {
          cluster,
          path: match ? (match[2] ?? "/") : http.path,
          surfaces: () => surface,
          authorize: () => allow("test"),
          virtual: false,
        };
      },
    },
    surfaces: () => surface,
    authenticators: [() => ({ name: "test", uid: "", groups: ["system:authenticated"], extra: {} })],
    anonymous: true,
    admission: [],
    clock: Date.now,
    uid: randomUUID,
    version: {
      major: "1",
      minor: "36",
      gitVersion: "v1.36.0+test",
      gitCommit: "",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      platform: "linux/amd64",
    },
    log: { debug() {}, info() {}, warn: console.warn, error: console.error },
    ...options,
  });
  await api.start();
  const listener = await listen({ handle: (http) => api.handle(http), port, tls: { key: testKey, cert: testCert } });
  return {
    api,
    store,
    listener,
    url: `https://127.0.0.1:${listener.port}`,
    ca: testCert,
    async stop() {
      await api.drain();
      await listener.close(1_000);
      await store.close();
    },
  };
}
