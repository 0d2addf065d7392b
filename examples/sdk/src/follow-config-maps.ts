/** `client`: prints the ConfigMaps of a workspace and follows them, whatever happens to the connection. Ctrl-C ends it. */
import { createClient, Informer, loadKubeconfig, resourceType, typed } from "@meshplane/client";
import type { KubeObject } from "@meshplane/apimachinery";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}
const configMaps = resourceType<ConfigMap>({ group: "", version: "v1", resource: "configmaps", kind: "ConfigMap" });

const { config } = await loadKubeconfig();
const client = createClient(config);
// a workspace by path as the first argument, else the kubeconfig's own
const workspace = client.cluster(process.argv[2] ?? "");

const informer = new Informer({
  resource: typed(workspace, configMaps),
  onError: (error) => console.error(`interrupted: ${String(error)}`),
});
const describe = ({ metadata, data }: ConfigMap) => `${metadata.namespace}/${metadata.name} ${Object.keys(data ?? {})}`;
informer.addHandler({
  added: (object, initial) => console.log(initial ? "found  " : "added  ", describe(object)),
  updated: (object) => console.log("changed", describe(object)),
  deleted: (object) => console.log("deleted", describe(object)),
});
await informer.start();
console.log(`${informer.lister.size} in all; following`);

process.once("SIGINT", async () => {
  await informer.stop();
  client.close();
});
