/**
 * `multicluster-provider`: says who uses an APIExport, and what of it they have. Run it with the kubeconfig of the export's workspace:
 * `node src/count-consumers.ts <endpoint slice> <group> <resource>`. Ctrl-C ends it.
 */
import { loadKubeconfig } from "@meshplane/client";
import { apiExportProvider, createMultiClusterManager } from "@meshplane/multicluster-provider";

const [endpointSlice = "orchestrate.platform-mesh.io", group = endpointSlice, resource = "httpbins"] = process.argv.slice(2);
const { config } = await loadKubeconfig();

const manager = createMultiClusterManager({
  provider: apiExportProvider({ config, endpointSlice }),
  controllers: ({ lister, engaged }) => [
    {
      name: "count",
      for: { group, resource },
      async reconcile({ cluster }) {
        const count = lister({ group, resource }).list({ cluster }).length;
        console.log(`${engaged(cluster)?.path ?? cluster} has ${count} ${resource}`);
        return undefined;
      },
    },
  ],
  log: console.log,
});

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
await manager.run(stop.signal);
