/** `controller-runtime`: gives every Namespace of a workspace a label, and puts it back when somebody takes it away. Ctrl-C ends it. */
import { createClient, Informers, loadKubeconfig } from "@meshplane/client";
import { ok, reconcileBySubroutines, reflectorKeySource, startController } from "@meshplane/controller-runtime";

const namespaces = { group: "", version: "v1", resource: "namespaces" };

const { config } = await loadKubeconfig();
const client = createClient(config);
const informers = new Informers(client.cluster(""), { onError: (error) => console.error(String(error)) });
const source = reflectorKeySource((resource) => informers.get({ ...resource, version: "v1" }));

const controller = startController(
  {
    name: "label-namespaces",
    for: namespaces,
    reconcile: reconcileBySubroutines({
      // keys carry the logical cluster that the object is in
      client,
      resource: namespaces,
      subroutines: [
        (namespace) => {
          namespace.metadata.labels = { ...namespace.metadata.labels, "example.com/seen": "yes" };
          return ok;
        },
      ],
    }),
    onError: (error, { name }, failures) => console.error(`${name}: ${String(error)} (failure ${failures})`),
  },
  source,
);
await source.start();
console.log("running");

process.once("SIGINT", async () => {
  source.stop();
  await controller.stop();
  client.close();
});
