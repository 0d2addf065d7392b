import type { GroupVersionResource, KubeObject } from "@meshplane/apimachinery";
import { mastersGroup, type InProcessApi, type InProcessRequest, type User } from "@meshplane/apiserver";
import type { DeleteOptions, ListOptions, MultiClusterClient, ResourceClient } from "@meshplane/client";

/** Who acts when a part of this program writes on its own behalf. */
export const internalUser = (name = "system:apiserver"): User =>
  Object.freeze({ name, uid: "", groups: Object.freeze([mastersGroup]), extra: Object.freeze({}) });

/**
 * The client interface over this process' own server: no socket, no bytes, no authorization. Watching is the key source's work: `watch` throws.
 * Objects in answers may be shared: copy before changing (`reconcileBySubroutines` does).
 */
export function localClient(api: InProcessApi, user: User): MultiClusterClient {
  return {
    cluster: (cluster) => ({
      resource: <T extends KubeObject = KubeObject>(resource: GroupVersionResource) => resourceClient<T>(api, user, cluster, resource),
    }),
  };
}

type Options = NonNullable<InProcessRequest["options"]> & { namespace?: string };

function resourceClient<T extends KubeObject>(
  api: InProcessApi,
  user: User,
  cluster: string,
  resource: GroupVersionResource,
): ResourceClient<T> {
  const object = (verb: InProcessRequest["verb"], rest: Partial<InProcessRequest>, options?: Options): Promise<T> =>
    api.object<T>(request(verb, rest, options));

  function request(
    verb: InProcessRequest["verb"],
    rest: Partial<InProcessRequest>,
    { namespace: place, ...settings }: Options = {},
  ): InProcessRequest {
    const namespace = rest.namespace ?? place ?? rest.object?.metadata.namespace;
    return {
      verb,
      user,
      cluster,
      resource,
      ...rest,
      ...(namespace ? { namespace } : {}),
      options: settings,
    };
  }

  return {
    get: (name, options) => object("get", { name }, options),
    list: (options?: ListOptions) => api.list<T>(request("list", {}, options)),
    create: (it, options) => object("create", { object: it }, options),
    update: (it, options) => object("update", { object: it, name: it.metadata.name! }, options),
    updateStatus: (it, options) => object("update", { object: it, name: it.metadata.name!, subresource: "status" }, options),
    patch(name, type, body, options = {}) {
      const { subresource, ...rest } = options;
      return object("patch", { name, patch: { type, body }, ...(subresource ? { subresource } : {}) }, rest);
    },
    async delete(name: string, options?: DeleteOptions) {
      await object("delete", { name }, options);
    },
    async deleteCollection(options) {
      await api.list(request("deletecollection", {}, options));
    },
    watch() {
      throw new Error("in process, changes come from a key source, not from watch");
    },
  };
}
