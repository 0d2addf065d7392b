/**
 * `/services/apiresourceschema/<consumer>[/clusters/<name>]/…` (or the wildcard): the schemas behind everything that a consumer has bound, to read, for whoever may read its
 * bindings. @see spec virtual-workspaces §5
 */
import type { KubeList, KubeObject } from "@meshplane/apimachinery";
import type { APIResourceSchema } from "@meshplane/apis";
import { allow, deny, mastersGroup, surfaceOf, type ComputedResource, type Endpoint, type Surface } from "@meshplane/apiserver";
import type { VirtualWorkspace } from "@meshplane/kcp";
import { asCopy } from "../cache/copy-definition.ts";
import { deriveDefinition } from "../derive-definition.ts";
import { parseViewPath } from "../parse-view-path.ts";
import { readStored } from "../read-stored.ts";
import type { ViewDependencies } from "../view-dependencies.ts";

const group = "apis.kcp.io";
const version = "v1alpha1";
const resource = "apiresourceschemas";

export function apiResourceSchemaView(deps: ViewDependencies): VirtualWorkspace {
  return {
    name: "apiresourceschema",
    resolve(_http, rest): Endpoint | undefined {
      const parsed = parseViewPath(rest, 1) ?? parseViewPath(withClusters(rest), 1);
      const consumer = parsed?.segments[0];
      if (!parsed || !consumer || (parsed.cluster !== "*" && parsed.cluster !== consumer)) return undefined;
      return {
        cluster: consumer,
        path: parsed.path,
        surfaces: () => schemaSurface(consumer, deps),
        async authorize({ user, target }) {
          const masters = user.groups.includes(mastersGroup);
          // only reading: whatever else is asked is refused, as upstream does
          if (target.kind === "resource" && target.verb !== "get" && target.verb !== "list" && target.verb !== "watch")
            return deny("this view is read-only");
          if (masters) return allow("system:masters");
          const { decision, reason } = await deps.authorize({
            user,
            target: {
              kind: "resource",
              verb: "get",
              cluster: consumer,
              group,
              version: "v1alpha2",
              resource: "apibindings",
              identity: undefined,
              namespace: "",
              name: "",
              subresource: "",
              path: target.path,
            },
          });
          return decision === "allow" ? allow(reason) : deny(reason);
        },
        virtual: true,
      };
    },
  };
}

// The part `/clusters/…` may be left out: the wildcard is meant.
function withClusters(rest: string): string {
  const slash = rest.indexOf("/", 1);
  return slash < 0 ? `${rest}/clusters/*/` : `${rest.slice(0, slash)}/clusters/*${rest.slice(slash)}`;
}

async function schemaSurface(consumer: string, deps: ViewDependencies): Promise<Surface> {
  const own = await deps.surfaces(consumer);
  const definition = own.lookup(group, version, resource);
  const { bindings } = await deps.apisOf(consumer);
  const wanted = new Map<string, { cluster: string; name: string }>();
  for (const { phase, exportCluster, resources } of bindings)
    if (phase === "Bound" && exportCluster)
      for (const { schema } of resources) wanted.set(`${exportCluster}/${schema.name}`, { cluster: exportCluster, name: schema.name });
  if (!definition || wanted.size === 0) return surfaceOf(`apiresourceschema/${consumer}/none`, []);

  const read = (cluster: string, name: string) => readStored<APIResourceSchema & KubeObject>(deps.store, definition, cluster, name);
  // upstream reads them from its cache, and its copies say so
  const shown = (schema: APIResourceSchema & KubeObject): KubeObject =>
    asCopy({ ...schema, apiVersion: `${group}/${version}`, kind: "APIResourceSchema", metadata: { ...schema.metadata } }, deps.shardName);
  const computed: ComputedResource = {
    async get({ name }) {
      for (const one of wanted.values())
        if (one.name === name) {
          const schema = await read(one.cluster, one.name);
          if (schema) return shown(schema);
        }
      return undefined;
    },
    async list({ labelSelector }): Promise<KubeList> {
      const schemas = await Promise.all([...wanted.values()].map(({ cluster, name }) => read(cluster, name)));
      const items = schemas
        .filter((schema) => schema !== undefined && labelSelector.matches(schema.metadata.labels))
        .map((schema) => shown(schema!));
      return {
        apiVersion: `${group}/${version}`,
        kind: "APIResourceSchemaList",
        metadata: { resourceVersion: String(await deps.store.revision()) },
        items,
      };
    },
  };
  const key = `apiresourceschema/${consumer}/${deps.generation()}/${[...wanted.keys()].join(",")}`;
  return surfaceOf(key, [deriveDefinition(definition, { verbs: ["get", "list", "watch"], subresources: {}, computed })]);
}
