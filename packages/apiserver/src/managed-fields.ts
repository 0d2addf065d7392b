import { FieldSet, trackUpdate } from "@meshplane/apimachinery";
import type { JsonObject, KubeObject } from "@meshplane/apimachinery";
import { timestamp } from "./prepare-object.ts";
import { apiVersionOf } from "./record-codec.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import type { WriteOptions } from "./request-options.ts";

/** The manager that a plain write's fields belong to. @see wire 53 */
export function managerOf(request: ResourceRequest, options: WriteOptions): string {
  if (options.fieldManager !== "") return options.fieldManager;
  const agent = request.userAgent;
  const slash = agent.indexOf("/");
  const name = (slash < 0 ? agent : agent.slice(0, slash)).replace(/[^\x20-\x7e]/g, "");
  return name === "" ? "unknown" : name.slice(0, 128);
}

/** Notes in `next` which fields this write has set. */
export function trackManagedFields(
  next: KubeObject,
  current: KubeObject | undefined,
  request: ResourceRequest,
  options: WriteOptions,
): void {
  trackUpdate({
    live: (current ?? emptyObjectOf(request.definition)) as JsonObject | undefined,
    next: next as unknown as JsonObject,
    manager: managerOf(request, options),
    apiVersion: next.apiVersion,
    subresource: request.subresource || undefined,
    schema: request.definition.schema,
    now: timestamp(request.server.options.clock()),
    ignoredFields: unreachableFields(request),
  });
}

const emptyObjects = new WeakMap<ResourceDefinition, KubeObject>();

/** What a built-in kind's object has when nothing was given: nobody owns that. Defaults are not part of it. */
function emptyObjectOf(definition: ResourceDefinition): KubeObject | undefined {
  if (!definition.builtIn) return undefined;
  let empty = emptyObjects.get(definition);
  if (!empty) {
    empty = { apiVersion: apiVersionOf(definition), kind: definition.kind, metadata: {} };
    definition.strategy.applyDefaults?.(empty);
    for (const key of Object.keys(empty)) if (key !== "apiVersion" && key !== "kind" && !isEmptyValue(empty[key])) delete empty[key];
    empty.metadata = {};
    emptyObjects.set(definition, empty);
  }
  return empty;
}

/** As Go's zero values look in JSON; of an object, what is not so is taken out. */
function isEmptyValue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null || value === "" || value === 0 || value === false;
  if (Array.isArray(value)) return value.length === 0;
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) if (!isEmptyValue(map[key])) delete map[key];
  return true;
}

const statusOnly = new FieldSet().insert(["f:status"]);
const allButStatus = new WeakMap<ResourceDefinition, FieldSet>();

/** What this address cannot change: nobody comes to own it here. */
export function unreachableFields({ definition, subresource }: ResourceRequest): FieldSet | undefined {
  if (!Object.hasOwn(definition.subresources, "status")) return undefined;
  if (subresource !== "status") return statusOnly;
  let set = allButStatus.get(definition);
  if (!set) {
    set = new FieldSet();
    if (definition.builtIn)
      for (const key of Object.keys(definition.schema.properties ?? {}))
        if (key !== "status" && key !== "metadata") set.insert([`f:${key}`]);
    if (!definition.builtIn) set.insert(["f:spec"]).insert(["f:metadata"]);
    allButStatus.set(definition, set);
  }
  return set;
}
