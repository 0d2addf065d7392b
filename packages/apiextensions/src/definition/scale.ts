import {
  applyJsonPatch,
  applyMergePatch,
  badRequest,
  copyJson,
  fieldInvalid,
  internalError,
  type FieldError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { InProcessApi, ResourceDefinition, Subresource, SubresourceRequest } from "@meshplane/apiserver";
import type { ScaleSpec } from "../crd/crd.ts";
import { dottedPath, readPath, writePath } from "./dotted-path.ts";

const replicasMax = 2147483647;

/** autoscaling/v1 Scale of a custom resource: replicas of its spec and status, read and written through the object itself. */
export function scaleSubresource(scale: ScaleSpec, definition: () => ResourceDefinition, api: () => InProcessApi): Subresource {
  const specPath = dottedPath(scale.specReplicasPath);
  return {
    verbs: ["get", "patch", "update"],
    kind: "Scale",
    group: "autoscaling",
    version: "v1",
    async handle(request) {
      const resource = definition();
      const { user } = request.context;
      const { cluster, namespace, name } = request;
      const at = { user, cluster, resource, name, ...(namespace ? { namespace } : {}) };
      const current = await api().object({ ...at, verb: "get" });
      if (request.verb === "get") return scaleOf(current, scale);
      const next = copyJson(current);
      const body = requireScale(request, scaleOf(current, scale), name);
      const replicas = readPath(body, ["spec", "replicas"]);
      if (request.verb === "update" || replicas !== undefined) writePath(next, specPath, replicas ?? 0);
      const version = readPath(body, ["metadata", "resourceVersion"]);
      if (typeof version === "string" && version !== "") next.metadata.resourceVersion = version;
      const { dryRun, manager } = request;
      const options = { dryRun, ...(manager ? { fieldManager: manager } : {}) };
      const written = await api().object({ ...at, verb: "update", object: next, options });
      return scaleOf(written, scale);
    },
  };
}

/** The Scale that the client wants. @throws StatusError 400, 422 */
function requireScale(request: SubresourceRequest, current: KubeObject, name: string): JsonObject {
  const body = request.verb === "patch" ? patched(request, current) : (request.body ?? {});
  const given = readPath(body, ["metadata", "name"]);
  if (typeof given === "string" && given !== "" && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  return body;
}

function patched({ body, patchType }: SubresourceRequest, current: KubeObject): JsonObject {
  const document = copyJson(current) as unknown as JsonObject;
  // a precondition only if the patch names it
  delete (document["metadata"] as JsonObject)["resourceVersion"];
  const patch = (body ?? {}) as JsonValue;
  return (
    patchType?.startsWith("application/json-patch") ? applyJsonPatch(document, patch) : applyMergePatch(document, patch)
  ) as JsonObject;
}

/** @throws StatusError 500 when the object says no replicas */
function scaleOf(object: KubeObject, scale: ScaleSpec): KubeObject {
  const replicas = readPath(object, dottedPath(scale.specReplicasPath));
  if (replicas === undefined || replicas === null)
    throw internalError(`the spec replicas field ${JSON.stringify(scale.specReplicasPath)} does not exist`);
  const selector = scale.labelSelectorPath ? readPath(object, dottedPath(scale.labelSelectorPath)) : undefined;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name: name!,
      ...(namespace ? { namespace } : {}),
      uid: uid!,
      resourceVersion: resourceVersion!,
      creationTimestamp: creationTimestamp ?? null,
    },
    spec: { replicas },
    status: {
      replicas: readPath(object, dottedPath(scale.statusReplicasPath)) ?? 0,
      ...(typeof selector === "string" && selector !== "" ? { selector } : {}),
    },
  };
}

/** Replicas have to be counts, whoever writes them. */
export function validateScale(object: KubeObject, scale: ScaleSpec | undefined, part: "spec" | "status"): FieldError[] {
  if (!scale) return [];
  const path = part === "spec" ? scale.specReplicasPath : scale.statusReplicasPath;
  const value = readPath(object, dottedPath(path));
  if (typeof value !== "number" && typeof value !== "bigint") return [];
  if (value < 0) return [fieldInvalid(path, value, "should be a non-negative integer")];
  if (value > replicasMax) return [fieldInvalid(path, value, `should be less than or equal to ${replicasMax}`)];
  return [];
}
