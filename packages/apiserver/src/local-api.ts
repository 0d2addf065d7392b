import { badRequest, copyJson, notFound, StatusError } from "@meshplane/apimachinery";
import type { KubeList, KubeObject } from "@meshplane/apimachinery";
import { objectsOf } from "./answer-forms.ts";
import { toObject } from "./decode-body.ts";
import { deleteCollection } from "./delete-collection.ts";
import { deleteObject } from "./delete-object.ts";
import { listMetadata } from "./encode-list.ts";
import type { InProcessApi, InProcessRequest } from "./in-process.ts";
import { listPage } from "./list-page.ts";
import { trackManagedFields } from "./managed-fields.ts";
import { patchObject } from "./patch-object.ts";
import { dropServerFields, keepOtherHalf, requireSameNamespace, requireSameObject } from "./prepare-object.ts";
import { readObject } from "./read-object.ts";
import { apiVersionOf } from "./record-codec.ts";
import { requestTimeoutMs } from "./request-deadline.ts";
import { noListOptions } from "./request-options.ts";
import type { ListOptions, WriteOptions } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { CollectingContext } from "./resource-request.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";
import { computedRequestOf } from "./serve-computed.ts";
import type { Server } from "./server.ts";
import { toStatusError } from "./to-status-error.ts";
import { storeChanged, storeNew } from "./write-object.ts";

/** The same stages as for HTTP, from admission on, for parts of this program. */
export function createLocalApi(server: Server): InProcessApi {
  return {
    object: <T extends KubeObject>(request: InProcessRequest) => answered(request, server, objectOf) as Promise<T>,
    list: <T extends KubeObject>(request: InProcessRequest) => answered(request, server, listOf) as unknown as Promise<KubeList<T>>,
  };
}

async function answered<T>(
  wanted: InProcessRequest,
  server: Server,
  serve: (wanted: InProcessRequest, request: ResourceRequest) => Promise<T>,
): Promise<T> {
  try {
    return await serve(wanted, await requestOf(wanted, server));
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw toStatusError(error, wanted.resource, server.options.log);
  }
}

async function requestOf(wanted: InProcessRequest, server: Server): Promise<ResourceRequest> {
  const { options } = server;
  const received = options.clock();
  const definition = "storage" in wanted.resource ? wanted.resource : await lookUp(wanted, wanted.resource, server);
  return {
    server,
    definition,
    cluster: wanted.cluster,
    namespace: definition.namespaced ? (wanted.namespace ?? wanted.object?.metadata.namespace ?? "") : "",
    name: wanted.name ?? (wanted.verb === "update" ? (wanted.object?.metadata.name ?? "") : ""),
    subresource: wanted.subresource ?? "",
    context: new CollectingContext("", received, received + requestTimeoutMs, wanted.user, wanted.cluster),
    admission: options.admission,
    userAgent: options.localManager ?? "",
    virtual: false,
  };
}

async function lookUp(
  { cluster }: InProcessRequest,
  names: { group: string; version: string; resource: string },
  server: Server,
): Promise<ResourceDefinition> {
  const surface = await server.options.surfaces(cluster);
  const definition = surface.lookup(names.group, names.version, names.resource);
  if (!definition) throw notFound(names, "");
  return definition;
}

async function objectOf(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeObject> {
  const { definition } = request;
  if (definition.computed) return computedObject(wanted, request);
  const handle = request.subresource === "" ? undefined : definition.subresources[request.subresource]?.handle;
  if (handle) return handle({ ...pick(request), verb: wanted.verb, body: bodyOf(wanted), dryRun: wanted.options?.dryRun ?? false });
  switch (wanted.verb) {
    case "get":
      return (await readObject(request, wanted.options?.resourceVersion ?? "")).object();
    case "create":
      return create(wanted, request);
    case "update":
      return update(wanted, request);
    case "patch":
      return patch(wanted, request);
    case "delete": {
      const { dryRun = false, propagationPolicy, preconditions } = wanted.options ?? {};
      const deleted = await deleteObject(request, { dryRun, propagationPolicy, preconditions });
      return "status" in deleted ? (deleted.status as unknown as KubeObject) : deleted.object.object();
    }
    default:
      throw badRequest(`${wanted.verb} answers no single object`);
  }
}

const pick = ({ cluster, namespace, name, context }: ResourceRequest) => ({ cluster, namespace, name, context });
const bodyOf = (wanted: InProcessRequest) => (wanted.object ? copyJson(wanted.object) : wanted.patch?.body) as never;

function submitted(wanted: InProcessRequest, request: ResourceRequest): KubeObject {
  if (!wanted.object) throw badRequest(`${wanted.verb} needs an object`);
  const copy = copyJson(wanted.object);
  copy.apiVersion ||= apiVersionOf(request.definition);
  copy.kind ||= request.definition.kind;
  return toObject(copy, request.definition).object;
}

async function create(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeObject> {
  const object = submitted(wanted, request);
  const options = writeOptions(wanted);
  const { status } = object;
  requireSameNamespace(object, request);
  dropServerFields(object);
  keepOtherHalf(object, undefined, request);
  trackManagedFields(object, undefined, request, options);
  if (options.withStatus && status !== undefined) giveStatus(object, status, request, options);
  return (await storeNew(request, object, options)).object();
}

/** As a create and an update of the status leave it, in one step. */
function giveStatus(object: KubeObject, status: KubeObject["status"], request: ResourceRequest, options: WriteOptions): void {
  const half: KubeObject = { apiVersion: object.apiVersion, kind: object.kind, metadata: {}, status };
  trackManagedFields(half, undefined, { ...request, subresource: "status" }, options);
  object.status = status;
  object.metadata.managedFields = [...(object.metadata.managedFields ?? []), ...(half.metadata.managedFields ?? [])];
}

async function update(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeObject> {
  const options = writeOptions(wanted);
  const { payload } = await storeChanged(
    request,
    {
      next() {
        const object = submitted(wanted, request);
        requireSameObject(object, request);
        return object;
      },
      creates: request.definition.strategy.allowCreateOnUpdate && request.subresource === "",
      uidIsPrecondition: true,
      track: (next, current) => trackManagedFields(next, current, request, options),
    },
    options,
  );
  return payload.object();
}

async function patch(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeObject> {
  if (!wanted.patch) throw badRequest("patch needs a patch");
  const { payload } = await patchObject(request, { ...wanted.patch, duplicates: [] }, writeOptions(wanted));
  return payload.object();
}

const writeOptions = ({ options = {}, patch: body }: InProcessRequest): WriteOptions => ({
  dryRun: options.dryRun ?? false,
  fieldManager: options.fieldManager ?? (body?.type === "apply" ? "unknown" : ""),
  fieldValidation: "Ignore",
  force: options.force ?? false,
  ...(options.withStatus ? { withStatus: true } : {}),
});

const listOptions = ({ options = {} }: InProcessRequest): ListOptions => ({
  ...noListOptions,
  labelSelector: options.labelSelector ?? "",
  fieldSelector: options.fieldSelector ?? "",
  limit: options.limit ?? 0,
  continue: options.continue ?? "",
  resourceVersion: options.resourceVersion ?? "",
});

async function listOf(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeList> {
  const { server, definition, cluster, namespace } = request;
  const options = listOptions(wanted);
  const head = { apiVersion: apiVersionOf(definition), kind: definition.listKind };
  if (definition.computed) {
    if (!definition.computed.list) throw badRequest(`${definition.resource} cannot be listed`);
    return definition.computed.list(computedRequestOf(request, options.labelSelector));
  }
  if (wanted.verb === "deletecollection") {
    const { dryRun = false, propagationPolicy, preconditions } = wanted.options ?? {};
    const { objects, metadata } = await deleteCollection(request, options, { dryRun, propagationPolicy, preconditions });
    return { ...head, metadata, items: objects };
  }
  const selection = selectionOf(definition, options.labelSelector, options.fieldSelector);
  const page = await listPage({ definition, cluster, namespace, selection, options, query: undefined }, server.store, server.hub);
  return { ...head, metadata: listMetadata(definition, page), items: await objectsOf(definition, page) };
}

async function computedObject(wanted: InProcessRequest, request: ResourceRequest): Promise<KubeObject> {
  const computed = request.definition.computed!;
  if (wanted.verb === "create" && computed.create) return computed.create(submitted(wanted, request), computedRequestOf(request, ""));
  const found = wanted.verb === "get" ? await computed.get?.(computedRequestOf(request, "")) : undefined;
  if (!found) throw notFound(groupResourceOf(request.definition), request.name);
  return found;
}
