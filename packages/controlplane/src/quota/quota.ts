import { equalJson, forbidden, formatGroupResource, hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { AdmissionPlugin, AdmissionRequest, InProcessApi, Projection, ResourceDefinition, SurfaceSource } from "@meshplane/apiserver";
import type { Change, ControllerOptions, ObjectKey } from "@meshplane/controller-runtime";
import { builtInIdentity, decodeKey, keyPrefix, type Store, type StoredRecord } from "@meshplane/storage";
import { coreKey } from "../authentication/service-account-tokens.ts";
import { servedBy } from "../controllers/served-definitions.ts";
import { parseQuantity } from "../kinds/values/quantity.ts";
import { allResources, objectOf } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";

interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string> };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

export interface QuotaDependencies {
  store: Store;
  local: () => InProcessApi;
  surfaces: SurfaceSource;
}

export interface Quota {
  readonly projection: Projection;
  readonly admission: AdmissionPlugin;
  readonly controller: ControllerOptions;
}

const resourceQuotas = { group: "", version: "v1", resource: "resourcequotas" };
const quotaPrefix = keyPrefix("", "resourcequotas", builtInIdentity);
const kind = { apiVersion: "v1", kind: "ResourceQuota" };
const user = internalUser("system:serviceaccount:kube-system:resourcequota-controller");
const countPrefix = "count/";
const chargesMax = 8;
/** a quota with it, in the namespace of this name, counts what the whole logical cluster has */
const wholeClusterAnnotation = "experimental.quota.kcp.io/cluster-scoped";
const wholeClusterNamespace = "admin";
/** a charge whose create failed afterwards is found at the latest then */
const recountMs = 60_000;

/**
 * ResourceQuotas count objects: `count/<resource>[.<group>]`, no other key has an effect here (golden quota-objects). Admission charges each new
 * object to the status of every quota of its namespace before it is created; the controller counts anew when something is deleted or a quota
 * changes. A quota may be about the whole logical cluster (spec tenancy). Memory: the names of quotas.
 */
export function quota({ store, local, surfaces }: QuotaDependencies): Quota {
  /** by `cluster|namespace` */
  const names = new Map<string, Set<string>>();
  /** those for a whole logical cluster, by its name */
  const wide = new Map<string, Set<string>>();

  return {
    projection: {
      name: "resource-quotas",
      async load() {
        for (const record of (await store.range(quotaPrefix)).records) note(record.key, record);
      },
      apply({ events }) {
        for (const { key, record } of events) if (key.startsWith(quotaPrefix)) note(key, record);
      },
    },
    admission: {
      name: "ResourceQuota",
      handles: ({ operation, subresource, cluster, namespace }) =>
        operation === "CREATE" && subresource === "" && (names.has(placeOf(cluster, namespace)) || wide.has(cluster)),
      validate: charge,
    },
    controller: {
      name: "resource-quota",
      for: { group: "", resource: "resourcequotas" },
      filter: (change) => !change.deleted && hardChanged(change),
      watches: [{ resource: allResources, keys: quotasThatCount, initial: false }],
      reconcile: recount,
    },
  };

  function note(key: string, record: StoredRecord | undefined): void {
    const { cluster, namespace, name } = decodeKey(key);
    const isWide = record !== undefined && namespace === wholeClusterNamespace && countsWholeCluster(objectOf(record, kind));
    keep(names, placeOf(cluster, namespace), name, record !== undefined && !isWide);
    if (namespace === wholeClusterNamespace) keep(wide, cluster, name, isWide);
  }

  function quotasThatCount({ deleted, key: { cluster, namespace } }: Change): ObjectKey[] {
    return deleted ? quotasOf(cluster, namespace) : [];
  }

  function quotasOf(cluster: string, namespace: string): ObjectKey[] {
    const own = namespace === "" ? [] : [...(names.get(placeOf(cluster, namespace)) ?? [])].sort();
    const all = [...(wide.get(cluster) ?? [])].sort();
    return [
      ...own.map((name) => ({ cluster, namespace, name })),
      ...all.map((name) => ({ cluster, namespace: wholeClusterNamespace, name })),
    ];
  }

  /** First all quotas are asked, then all are charged: a refusal by one must not cost the others. */
  async function charge(request: AdmissionRequest): Promise<void> {
    const { cluster, namespace } = request;
    const counted = countPrefix + formatGroupResource(request.definition);
    const concerned: ObjectKey[] = [];
    for (const key of quotasOf(cluster, namespace)) {
      let current = await readQuota(key);
      if (!current || !has(current.spec?.hard, counted)) continue;
      // an API that has come since the quota was counted
      if (has(current.status?.hard, counted) && !has(current.status?.used, counted)) {
        await recount(key);
        current = await readQuota(key);
        if (!current) continue;
      }
      nextUse(current, counted, request);
      concerned.push(key);
    }
    if (request.options.dryRun) return;
    const charged: ObjectKey[] = [];
    try {
      for (const key of concerned) {
        await changeUse(key, (current) => ({ [counted]: nextUse(current, counted, request) }));
        charged.push(key);
      }
    } catch (error) {
      for (const key of charged) {
        await changeUse(key, (current) => ({ [counted]: String(useOf(current, counted) - 1n) }));
      }
      throw error;
    }
  }

  /** What is used with one more. @throws StatusError 403 */
  function nextUse(current: ResourceQuota, counted: string, request: AdmissionRequest): string {
    const { name } = current.metadata;
    const { hard = {}, used = {} } = current.status ?? {};
    if (!has(hard, counted) || !has(used, counted)) {
      throw refuse(request, `status unknown for quota: ${name}, resources: ${counted}`);
    }
    const next = useOf(current, counted) + 1n;
    if (next * oneInNanos <= parseQuantity(hard[counted]!).nanos) return String(next);
    throw refuse(
      request,
      `exceeded quota: ${name}, requested: ${counted}=1, used: ${counted}=${used[counted]}, limited: ${counted}=${hard[counted]}`,
    );
  }

  async function changeUse(key: ObjectKey, change: (current: ResourceQuota) => Record<string, string>): Promise<void> {
    for (let tried = 1; ; tried++) {
      const current = await readQuota(key);
      if (!current) return;
      const status = { ...current.status, used: { ...current.status?.used, ...change(current) } };
      try {
        await writeStatus(key.cluster, { ...current, status });
        return;
      } catch (error) {
        // Others are being charged at the same time.
        if (!hasReason(error, "Conflict") || tried === chargesMax) throw error;
      }
    }
  }

  async function recount(key: ObjectKey) {
    const { cluster, namespace } = key;
    const current = await readQuota(key);
    if (!current || current.metadata.deletionTimestamp) return undefined;
    const hard = current.spec?.hard ?? {};
    const byResource = new Map<string, ResourceDefinition>();
    const isWide = namespace === wholeClusterNamespace && countsWholeCluster(current);
    const served = servedBy(await surfaces(cluster));
    for (const it of isWide ? served.byStorage.values() : served.namespaced) byResource.set(countPrefix + formatGroupResource(it), it);
    const used: Record<string, string> = {};
    for (const counted of Object.keys(hard)) {
      const definition = byResource.get(counted);
      if (definition) used[counted] = String(await countOf(definition, cluster, isWide ? undefined : namespace));
    }
    const status = { ...current.status, hard, used };
    if (!equalJson(status, current.status ?? {})) await writeStatus(cluster, { ...current, status });
    return { requeueAfterMs: recountMs };
  }

  async function countOf({ storage }: ResourceDefinition, cluster: string, namespace: string | undefined): Promise<number> {
    const prefix = keyPrefix(storage.group, storage.resource, storage.identity, cluster, namespace);
    const { records, remaining } = await store.range(prefix, { keysOnly: true, limit: 1 });
    return records.length + remaining;
  }

  async function readQuota({ cluster, namespace, name }: ObjectKey): Promise<ResourceQuota | undefined> {
    const record = await store.get(coreKey("resourcequotas", cluster, namespace, name));
    return record && (objectOf(record, kind) as ResourceQuota);
  }

  async function writeStatus(cluster: string, object: ResourceQuota): Promise<void> {
    await local().object({
      verb: "update",
      user,
      cluster,
      resource: resourceQuotas,
      namespace: object.metadata.namespace!,
      name: object.metadata.name!,
      subresource: "status",
      object,
    });
  }
}

function keep(sets: Map<string, Set<string>>, place: string, name: string, wanted: boolean): void {
  const known = sets.get(place);
  if (wanted) {
    if (known) known.add(name);
    else sets.set(place, new Set([name]));
  } else if (known?.delete(name) && known.size === 0) sets.delete(place);
}

const countsWholeCluster = ({ metadata }: KubeObject): boolean => metadata.annotations?.[wholeClusterAnnotation] === "true";

const oneInNanos = 1_000_000_000n;

const useOf = ({ status }: ResourceQuota, counted: string): bigint => parseQuantity(status?.used?.[counted] ?? "0").nanos / oneInNanos;

const placeOf = (cluster: string, namespace: string): string => `${cluster}|${namespace}`;

const has = (amounts: Record<string, string> | undefined, key: string): boolean => amounts !== undefined && Object.hasOwn(amounts, key);

const refuse = ({ definition, name }: AdmissionRequest, why: string): Error =>
  forbidden({ group: definition.group, resource: definition.resource }, name, why);

/** A charge changes the status only, and counting then would take it back before its object is there. */
function hardChanged(change: Change): boolean {
  const before = change.previous() as ResourceQuota | undefined;
  const now = change.object() as ResourceQuota;
  return !before || !equalJson(before.spec, now.spec) || countsWholeCluster(before) !== countsWholeCluster(now);
}
