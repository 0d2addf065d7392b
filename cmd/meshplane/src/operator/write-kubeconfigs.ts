import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ClientConfig, HttpMultiClusterClient } from "@meshplane/client";
import { operatorCredentials, operatorNames } from "@meshplane/operator-platform-mesh";
import { writePrivateFile } from "../start/private-file.ts";

/** `<operator>.kubeconfig` each, with a token of a week: run again before that. @see spec platform-mesh/topology §8 */
export async function writeOperatorKubeconfigs(directory: string, client: HttpMultiClusterClient, config: ClientConfig): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const operator of operatorNames) {
    const { authorization } = await operatorCredentials(client, operator).get();
    const cluster = {
      server: config.server,
      ...(config.ca ? { "certificate-authority-data": Buffer.from(config.ca).toString("base64") } : {}),
    };
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "kcp", cluster }],
      users: [{ name: operator, user: { token: authorization!.replace(/^Bearer /, "") } }],
      contexts: [{ name: "kcp", context: { cluster: "kcp", user: operator } }],
      "current-context": "kcp",
    };
    writePrivateFile(join(directory, `${operator}.kubeconfig`), JSON.stringify(kubeconfig, undefined, 2));
  }
}
