/** CRDs live beside bindings: the names that a binding brought are taken. @see spec apis §5.3 */
import { crdControllerOptions, type CrdNames } from "@meshplane/apiextensions";
import { apisGroup } from "@meshplane/apis";
import type { ControllerOptions, ObjectKey } from "@meshplane/controller-runtime";
import { builtInIdentity, keyPrefix } from "@meshplane/storage";
import type { ReconcilerParts } from "./parts.ts";

export function crdController(parts: ReconcilerParts): ControllerOptions {
  const { api, user, clock } = parts;
  const options = crdControllerOptions({
    api: { object: (request) => api().object(request), list: (request) => api().list(request) },
    user,
    fieldManager: "kcp",
    now: () => new Date(clock()),
    namesInUse: (cluster, group) => boundNames(cluster, group, parts),
  });
  return {
    ...options,
    filter: (change) => {
      if (change.deleted) endWatchesOf(change.key, parts);
      return true;
    },
    watches: [
      ...(options.watches ?? []),
      {
        resource: { group: apisGroup, resource: "apibindings" },
        keys: ({ key, deleted }) => (deleted ? crdsOf(key.cluster, parts) : []),
        initial: false,
      },
    ],
  };
}

async function boundNames(cluster: string, group: string, { apis }: ReconcilerParts): Promise<Partial<CrdNames>[]> {
  const { surface, boundBy } = await apis.of(cluster);
  return surface.definitions
    .filter((one) => one.group === group && boundBy(one.group, one.resource) !== undefined)
    .map(({ resource, singular, kind, listKind, shortNames }) => ({
      plural: resource,
      singular,
      kind,
      listKind,
      shortNames: [...shortNames],
    }));
}

/** Nothing is served there any more: open watches end, as they do upstream (wire 80). */
function endWatchesOf({ cluster, name }: ObjectKey, { endWatches }: ReconcilerParts): void {
  const dot = name.indexOf(".");
  const group = name.slice(dot + 1);
  endWatches(cluster, { group: group === "core" ? "" : group, resource: name.slice(0, dot) });
}

async function crdsOf(cluster: string, { store }: ReconcilerParts): Promise<ObjectKey[]> {
  const prefix = keyPrefix("apiextensions.k8s.io", "customresourcedefinitions", builtInIdentity, cluster);
  const { records } = await store.range(prefix, { keysOnly: true });
  return records.map(({ key }) => ({ cluster, namespace: "", name: key.slice(key.lastIndexOf("/") + 1) }));
}
