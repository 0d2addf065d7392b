import { parseArgs } from "node:util";
import { loadKubeconfig } from "@meshplane/client";
import { apiExportProvider, createMultiClusterManager } from "@meshplane/multicluster-provider";
import { httpBinController } from "./httpbin-controller.ts";

const { values } = parseArgs({
  options: {
    /** of the provider's workspace; KUBECONFIG by default */
    kubeconfig: { type: "string" },
    endpointslice: { type: "string", default: "orchestrate.platform-mesh.io" },
    domain: { type: "string", default: "httpbin.example.com" },
    "leader-elect": { type: "boolean", default: false },
  },
});

const { config } = await loadKubeconfig(values.kubeconfig === undefined ? {} : { path: values.kubeconfig });
const provider = apiExportProvider({
  config,
  endpointSlice: values.endpointslice,
  onError: (error) => console.error(String(error)),
});
const manager = createMultiClusterManager({
  provider,
  controllers: (context) => [httpBinController(context, values.domain)],
  log: (line) => console.log(line),
  ...(values["leader-elect"] ? { leaderElection: { config, name: "httpbin-provider" } } : {}),
});

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
await manager.run(stop.signal);
