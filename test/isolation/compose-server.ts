/** The same control plane in this process, on the memory store, with a defect between its door and its server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen, type FrontDoor } from "@meshplane/apiserver";
import { openSigningKey, staticTokens } from "@meshplane/controlplane";
import { openMemoryStore } from "@meshplane/storage";
import { servingCertificate } from "../../cmd/meshplane/src/start/certificates.ts";
import { composeControlPlane } from "../../cmd/meshplane/src/start/compose.ts";
import { tokensCsv } from "./world.ts";

export async function composeServer(withFrontDoor: (door: FrontDoor) => FrontDoor): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "meshplane-isolation-"));
  const certificate = await servingCertificate(folder, ["127.0.0.1"], Date.now());
  const store = openMemoryStore();
  let handle: Parameters<typeof listen>[0]["handle"] = async () => ({ status: 503, headers: {}, body: undefined });
  const listener = await listen({
    handle: (http) => handle(http),
    host: "127.0.0.1",
    port: 0,
    tls: { key: certificate.key, cert: certificate.cert },
  });
  const url = `https://127.0.0.1:${listener.port}`;
  const silent = () => {};
  const plane = composeControlPlane({
    store,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    shard: { name: "root", baseURL: url, externalURL: url, virtualWorkspaceURL: url },
    tokens: [staticTokens(tokensCsv())],
    signingKey: await openSigningKey(join(folder, "sa.key")),
    ca: certificate.ca,
    batteries: new Set(["workspace-types", "admin"]),
    homeWorkspaces: { enabled: true, creatorGroups: ["system:authenticated"] },
    totalObjectLimit: 0,
    withFrontDoor,
  });
  handle = (http) => plane.server.handle(http);
  await plane.start();
  return {
    url,
    async stop() {
      await plane.stop();
      await listener.close(0);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
