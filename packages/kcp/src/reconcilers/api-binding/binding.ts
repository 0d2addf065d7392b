/** Where an APIBinding becomes Bound: its export is looked up, the names are locked, and `status` tells what is bound. @see spec apis §5 */
import {
  logicalClusterName,
  rootCluster,
  type APIBinding,
  type APIResourceSchema,
  type BoundAPIResource,
  type LogicalCluster,
  type ResourceSchemaReference,
} from "@meshplane/apis";
import { isConditionTrue, markFalse, markTrue, ok, type Outcome, type Subroutine } from "@meshplane/controller-runtime";
import { builtInIdentity, keyPrefix } from "@meshplane/storage";
import type { ExportEntry } from "../../exports/export-index.ts";
import { find, logicalClusterResource, schemaResource, type ReconcilerParts } from "../parts.ts";
import { printLocks, readLocks, writeLocks, type Lock, type Locks } from "./locks.ts";
import { namingConflict, type NamesInUse } from "./naming-conflicts.ts";

const schemaKind = { ...schemaResource, kind: "APIResourceSchema", identity: builtInIdentity };

/** Makes names of a logical cluster the binding's own. @returns what others have; undefined without a LogicalCluster */
export type TakeLocks = (
  apiBinding: APIBinding,
  cluster: string,
  resources: readonly ResourceSchemaReference[],
  parts: ReconcilerParts,
) => Promise<Locks | undefined>;

/** From the reference to bound resources. What is bound already stays, whatever happens to the export. */
export const binding =
  (parts: ReconcilerParts, take: TakeLocks = takeLocks): Subroutine<APIBinding> =>
  async (apiBinding, { cluster }) => {
    if (apiBinding.metadata.deletionTimestamp) return ok;
    const status = (apiBinding.status ??= {});
    if (!status.phase) {
      status.phase = "Binding";
      notCompleted(apiBinding, "WaitingForEstablished", "Info", "Waiting for API(s) to be established");
    }
    const reference = apiBinding.spec.reference.export!;
    const exportCluster = reference.path ? clusterOfPath(reference.path, parts) : cluster;
    const entry = exportCluster === undefined ? undefined : parts.exports.get(exportCluster, reference.name);
    if (!entry) {
      invalidExport(apiBinding, "APIExportNotFound", "Error", `APIExport ${reference.path || cluster}|${reference.name} not found`);
      return ok;
    }
    if (entry.permissionClaims.length > 0) status.exportPermissionClaims = [...entry.permissionClaims];
    else delete status.exportPermissionClaims;
    if (!entry.identityHash) {
      invalidExport(apiBinding, "MissingIdentityHash", "Warning", `APIExport ${entry.path}|${entry.name} is missing status.identityHash`);
      return ok;
    }
    status.apiExportClusterName = entry.cluster;

    const schemas = new Map<ResourceSchemaReference, APIResourceSchema>();
    for (const resource of entry.resources) {
      const schema = await parts.objects.get<APIResourceSchema>(schemaKind, entry.cluster, resource.schema);
      const why = !schema
        ? `APIResourceSchema ${JSON.stringify(resource.schema)} not found`
        : schema.spec.versions.length > 1 && !schema.spec.conversion
          ? `APIResourceSchema ${JSON.stringify(resource.schema)} has several versions and no conversion`
          : undefined;
      if (why !== undefined) {
        const advice = "Invalid APIExport. Please contact the APIExport owner to resolve";
        invalidExport(apiBinding, "InternalError", "Error", `${advice}: ${why}`);
        return ok;
      }
      schemas.set(resource, schema!);
    }
    return bind(apiBinding, cluster, entry, schemas, parts, take);
  };

const clusterOfPath = (path: string, { paths }: ReconcilerParts): string | undefined =>
  path === rootCluster ? rootCluster : paths.clusterOf(path);

function notCompleted(binding: APIBinding, reason: string, severity: "Error" | "Info" | "Warning", message: string): void {
  // once True it is never taken back
  if (!isConditionTrue(binding, "InitialBindingCompleted")) markFalse(binding, "InitialBindingCompleted", reason, severity, message);
}

const invalidExport = (binding: APIBinding, reason: string, severity: "Error" | "Warning", message: string): void =>
  markFalse(binding, "APIExportValid", reason, severity, message);

async function bind(
  apiBinding: APIBinding,
  cluster: string,
  entry: ExportEntry,
  schemas: ReadonlyMap<ResourceSchemaReference, APIResourceSchema>,
  parts: ReconcilerParts,
  take: TakeLocks,
): Promise<Outcome> {
  const skipped = await take(apiBinding, cluster, [...schemas.keys()], parts);
  if (skipped === undefined) {
    markFalse(apiBinding, "BindingUpToDate", "LogicalClusterNotFound", "Error", "LogicalCluster not found");
    notCompleted(apiBinding, "LogicalClusterNotFound", "Error", "LogicalCluster not found");
    return { next: true, requeueAfterMs: 1_000 };
  }
  const wanted = [...schemas].filter(([resource]) => !skipped.has(idOf(resource)));
  const conflict = await firstConflict(apiBinding, cluster, wanted, parts);
  if (conflict !== undefined) {
    const message = `Unable to bind APIs: ${conflict}`;
    markFalse(apiBinding, "BindingUpToDate", "NamingConflicts", "Error", message);
    notCompleted(apiBinding, "NamingConflicts", "Error", message);
    return ok;
  }
  for (const [resource, schema] of wanted) {
    await parts.bound.keep(schema);
    upsert(apiBinding, resource, schema, entry.identityHash!);
  }
  markTrue(apiBinding, "APIExportValid");
  if (skipped.size > 0) {
    const message = `Unable to bind APIs because they are bound by other APIBindings or CRDs: ${printLocks(skipped)}`;
    markFalse(apiBinding, "BindingUpToDate", "NamingConflicts", "Error", message);
    notCompleted(apiBinding, "NamingConflicts", "Error", message);
    return ok;
  }
  markTrue(apiBinding, "InitialBindingCompleted");
  markTrue(apiBinding, "BindingUpToDate");
  apiBinding.status!.phase = "Bound";
  return ok;
}

const idOf = ({ name, group }: ResourceSchemaReference): string => `${name}.${group}`;

async function takeLocks(
  apiBinding: APIBinding,
  cluster: string,
  resources: readonly ResourceSchemaReference[],
  parts: ReconcilerParts,
): Promise<Locks | undefined> {
  const logicalCluster = await find<LogicalCluster>(parts.client, cluster, logicalClusterResource, logicalClusterName);
  if (!logicalCluster) return undefined;
  const locks = readLocks(logicalCluster);
  const { bindings } = await parts.apis.of(cluster);
  const skipped = new Map<string, Lock>();
  const name = apiBinding.metadata.name!;
  const bound = new Set((apiBinding.status?.boundResources ?? []).map(({ resource, group }) => `${resource}.${group}`));
  const crds = resources.some((resource) => !bound.has(idOf(resource))) ? await crdNames(cluster, parts) : new Set();
  for (const resource of resources) {
    const id = idOf(resource);
    const lock = locks.get(id);
    if (lock?.n !== undefined && lock.n !== name && bindings.some((other) => other.name === lock.n)) skipped.set(id, lock);
    else if (!bound.has(id) && crds.has(`${resource.name}.${resource.group || "core"}`)) skipped.set(id, { c: true });
    else locks.set(id, { n: name });
  }
  if (writeLocks(logicalCluster, locks)) await parts.client.cluster(cluster).resource(logicalClusterResource).update(logicalCluster);
  return skipped;
}

async function crdNames(cluster: string, { store, apis }: ReconcilerParts): Promise<Set<string>> {
  if (!apis.mayHaveCrds(cluster)) return new Set();
  const prefix = keyPrefix("apiextensions.k8s.io", "customresourcedefinitions", builtInIdentity, cluster);
  const { records } = await store.range(prefix, { keysOnly: true });
  return new Set(records.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)));
}

async function firstConflict(
  apiBinding: APIBinding,
  cluster: string,
  wanted: readonly [ResourceSchemaReference, APIResourceSchema][],
  parts: ReconcilerParts,
): Promise<string | undefined> {
  const { surface, bindings, boundBy } = await parts.apis.of(cluster);
  for (const [resource, schema] of wanted) {
    const inUse: NamesInUse[] = [];
    for (const definition of surface.definitions) {
      if (definition.group !== resource.group || definition.builtIn || definition.resource === resource.name) continue;
      const by = boundBy(definition.group, definition.resource);
      if (by?.name === apiBinding.metadata.name) continue;
      if (by && !bindings.includes(by)) continue;
      inUse.push({
        definition,
        by: by ? bindingText(by) : `CustomResourceDefinition ${JSON.stringify(`${definition.resource}.${definition.group}`)}`,
      });
    }
    const conflict = namingConflict(schema.spec, inUse);
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

const bindingText = ({ name, exportPath, exportName }: { name: string; exportPath: string; exportName: string }): string =>
  `APIBinding ${JSON.stringify(name)} bound to ${exportPath ? `APIExport ${exportPath}:${exportName}` : `local APIExport ${JSON.stringify(exportName)}`}`;

function upsert({ status }: APIBinding, resource: ResourceSchemaReference, schema: APIResourceSchema, identityHash: string): void {
  const all = (status!.boundResources ??= []);
  const at = all.findIndex(({ group, resource: name }) => group === resource.group && name === resource.name);
  const stored = resource.storage?.virtual ? [] : [schema.spec.versions.find(({ storage }) => storage)!.name];
  const next: BoundAPIResource = {
    group: resource.group,
    resource: resource.name,
    schema: { name: schema.metadata.name!, UID: schema.metadata.uid!, identityHash },
    storageVersions: [...new Set([...(all[at]?.storageVersions ?? []), ...stored])].sort(),
  };
  if (at < 0) all.push(next);
  else all[at] = next;
}
