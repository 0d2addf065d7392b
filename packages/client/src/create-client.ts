import type { GroupVersionResource, JsonValue, KubeObject } from "@meshplane/apimachinery";
import type { ClientConfig } from "./client-config.ts";
import { HttpResourceClient } from "./http-resource-client.ts";
import type { ClusterClient, MultiClusterClient, ResourceClient } from "./object-client.ts";
import { Requests, type ApiRequest } from "./requests.ts";
import { HttpsTransport } from "./transport/https-transport.ts";
import type { Transport } from "./transport/transport.ts";

/** A ClusterClient that also reaches what is no resource: discovery, subresources, `/version`. */
export interface HttpClusterClient extends ClusterClient {
  /**
   * One request; `path` starts with a slash and is below the cluster, its segments already encoded.
   * @returns the decoded JSON of the answer
   * @throws StatusError, TransportError
   */
  request(request: ApiRequest): Promise<JsonValue>;
  /** where it sends requests: `https://host:port/clusters/root:org` */
  readonly url: string;
}

export interface HttpMultiClusterClient extends MultiClusterClient {
  /** by name, path, or "*"; "" for the server exactly as configured, which may be no kcp at all */
  cluster(cluster: string): HttpClusterClient;
  /** frees the connections; what is open ends with TransportError Aborted */
  close(): void;
}

/**
 * A client of the server in `config`. Nothing is sent before the first request.
 *
 * `config.server` may end in `/clusters/<x>`, as kubeconfigs of a workspace do: `cluster("")` is that workspace, `cluster("y")` puts `y` in
 * its place. Below `/services/…` the same holds for a virtual workspace.
 * @param transport what carries the requests; HTTPS by default
 */
export function createClient(config: ClientConfig, transport: Transport = new HttpsTransport(config)): HttpMultiClusterClient {
  const requests = new Requests(config, transport);
  const url = new URL(config.server);
  const own = url.pathname.replace(/\/+$/, "");
  const clusters = own.replace(/\/clusters\/[^/]+$/, "");
  const clients = new Map<string, HttpClusterClient>();
  return {
    cluster(cluster) {
      // "*" and colon paths go on the wire as they are
      const base = cluster === "" ? own : `${clusters}/clusters/${encodeURIComponent(cluster).replaceAll("%3A", ":")}`;
      let client = clients.get(base);
      if (!client) {
        client = clusterClient(requests, url.origin, base);
        // Enough to be the same object in a loop, never one per workspace of a large installation.
        if (clients.size >= 100) clients.clear();
        clients.set(base, client);
      }
      return client;
    },
    close: () => transport.close(),
  };
}

function clusterClient(requests: Requests, origin: string, base: string): HttpClusterClient {
  return {
    url: origin + base,
    resource: <T extends KubeObject = KubeObject>(resource: GroupVersionResource): ResourceClient<T> =>
      new HttpResourceClient<T>(requests, base, resource),
    request: (request) => requests.send({ ...request, path: base + request.path }),
  };
}
