/**
 * The story that this program exists for, played against the running server over HTTPS: the YAML and the controller are those of examples/httpbin-provider(-ts).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeYaml, StatusError, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import type { APIBinding, APIExport, APIExportEndpointSlice } from "@meshplane/apis";
import { apply, createClient, loadKubeconfig } from "@meshplane/client";
import { apiExportProvider, createMultiClusterManager } from "@meshplane/multicluster-provider";
import { httpBinController } from "../../../../examples/httpbin-provider-ts/src/httpbin-controller.ts";
import { httpBins, type HttpBin } from "../../../../examples/httpbin-provider-ts/src/httpbin.ts";
import { makeWorkspaces, Scene, until } from "./scene.ts";

const provider = "root:providers:httpbin-provider";
const consumer = "root:org-a:team-a";
const api = "orchestrate.platform-mesh.io";
const instance = "my-httpbin";

const kcpApis = (resource: string, version = "v1alpha2"): GroupVersionResource => ({ group: "apis.kcp.io", version, resource });
const core = (resource: string): GroupVersionResource => ({ group: "", version: "v1", resource });

export interface StoryOptions {
  kubeconfig: string;
  /** the folder that holds `httpbin-provider/` */
  examples: string;
  say: (line: string) => void;
  /** ends the provider's controller */
  signal: AbortSignal;
}

/** Plays it to its end; the provider's controller goes on until `signal`. Playing it again over what is there is fine. @throws Error at the step that did not work */
export async function playStory({ kubeconfig, examples, say, signal }: StoryOptions): Promise<void> {
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  const client = createClient(config);
  const scene = new Scene(say);
  const yaml = (...path: string[]) => decodeYaml(readFileSync(join(examples, "httpbin-provider", ...path))).value as unknown as KubeObject;
  const put = (cluster: string, resource: GroupVersionResource, object: KubeObject) =>
    apply(client.cluster(cluster).resource(resource), object, { fieldManager: "meshplane-demo", force: true });

  say("\nThe story: a provider shares an API, a consumer uses it.\n");
  await scene.step(`workspace ${provider} is Ready`, () => makeWorkspaces(client, provider));
  await scene.step("the provider's APIExport has an identity", async () => {
    await put(provider, kcpApis("apiresourceschemas", "v1alpha1"), yaml("config", "apiresourceschema.yaml"));
    await put(provider, kcpApis("apiexports"), yaml("config", "apiexport.yaml"));
    const found = await until(
      () => client.cluster(provider).resource<APIExport & KubeObject>(kcpApis("apiexports")).get(api),
      (it) => it.status?.identityHash !== undefined,
    );
    return `${found.status!.identityHash!.slice(0, 12)}…`;
  });
  await scene.step(`workspace ${consumer} is Ready`, () => makeWorkspaces(client, consumer));
  await scene.step("the consumer binds it and accepts the claim on secrets: Bound", async () => {
    await put(consumer, kcpApis("apibindings"), yaml("consumer", "apibinding.yaml"));
    await until(
      () => client.cluster(consumer).resource<APIBinding & KubeObject>(kcpApis("apibindings")).get(api),
      (it) => it.status?.phase === "Bound",
    );
  });
  let url = "";
  await scene.step("the endpoint slice tells the provider where its consumers are", async () => {
    const slice = await until(
      () => client.cluster(provider).resource<APIExportEndpointSlice & KubeObject>(kcpApis("apiexportendpointslices", "v1alpha1")).get(api),
      (it) => Boolean(it.status?.endpoints?.length),
    );
    url = slice.status!.endpoints![0]!.url;
    return new URL(url).pathname;
  });

  const inProvider = { ...config, server: `${config.server}/clusters/${provider}` };
  const manager = createMultiClusterManager({
    provider: apiExportProvider({ config: inProvider, endpointSlice: api, onError: () => {} }),
    controllers: (context) => [httpBinController(context, "httpbin.example.com")],
    log: () => {},
  });
  const running = manager.run(signal).finally(() => client.close());
  running.catch((error: unknown) => !signal.aborted && say(`the provider's controller ended: ${String(error)}`));

  await scene.step(`the consumer creates HttpBin ${instance}`, async () => {
    await put(consumer, httpBins, yaml("consumer", "httpbin.yaml"));
  });
  await scene.step("the provider's controller writes its status", async () => {
    const ready = await until(
      () => client.cluster(consumer).resource<HttpBin>(httpBins).get(instance, { namespace: "default" }),
      (it) => it.status?.ready === true,
    );
    return ready.status!.url!;
  });
  await scene.step(`and Secret ${instance}-credentials into the consumer's workspace`, async () => {
    await until(() => client.cluster(consumer).resource(core("secrets")).get(`${instance}-credentials`, { namespace: "default" }), Boolean);
  });
  await scene.step("configmaps, which nobody claimed, stay closed to the provider", async () => {
    const { metadata } = await client
      .cluster(consumer)
      .resource({ group: "core.kcp.io", version: "v1alpha1", resource: "logicalclusters" })
      .get("cluster");
    const view = createClient({ ...config, server: url });
    try {
      await view.cluster(metadata.annotations!["kcp.io/cluster"]!).resource(core("configmaps")).list();
    } catch (error) {
      if (error instanceof StatusError && error.code === 403) return "403 Forbidden";
      throw error;
    } finally {
      view.close();
    }
    throw new Error("the provider was shown configmaps");
  });
  say(`\nSee it: kubectl ws :${consumer} && kubectl get httpbins,secrets\n`);
}
