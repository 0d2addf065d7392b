import { copyJson, formatGroupVersion, labelSelectorFrom, type KubeObject, type LabelSelectorSpec } from "@meshplane/apimachinery";
import type { AdmissionRequest, ResourceDefinition, Surface } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";
import type { Rule } from "../kinds/admissionregistration/rules.ts";
import { namespaceKey } from "../controllers/namespace-defaults.ts";
import { hookGroup } from "./hook-kinds.ts";

/** Hooks cannot keep anybody from changing hooks. */
export const isExempt = ({ definition }: AdmissionRequest): boolean => definition.group === hookGroup;

/**
 * The version of the resource that the rules want to see: the request's own, or with the match policy Equivalent another one of the same resource.
 * undefined: not concerned.
 */
export function matchedDefinition(
  rules: readonly Rule[] | undefined,
  matchPolicy: string | undefined,
  request: AdmissionRequest,
  surface: Surface,
): ResourceDefinition | undefined {
  const { definition } = request;
  if (rules?.some((rule) => ruleMatches(rule, request, definition))) return definition;
  if (matchPolicy === "Exact") return undefined;
  const { group, resource, identity } = definition.storage;
  return surface.definitions.find(
    (other) =>
      other !== definition &&
      other.storage.resource === resource &&
      other.storage.group === group &&
      other.storage.identity === identity &&
      rules?.some((rule) => ruleMatches(rule, request, other)),
  );
}

/** True when a rule names the request in this version of its resource. */
export function ruleMatches(rule: Rule, request: AdmissionRequest, definition: ResourceDefinition): boolean {
  const includes = (set: readonly string[] | null | undefined, wanted: string): boolean =>
    Boolean(set?.includes("*") || set?.includes(wanted));
  if (!includes(rule.operations, request.operation)) return false;
  if (!includes(rule.apiGroups, definition.group) || !includes(rule.apiVersions, definition.version)) return false;
  if (rule.resourceNames?.length && !rule.resourceNames.includes(request.name)) return false;
  const scope = definition.namespaced ? "Namespaced" : "Cluster";
  if (rule.scope && rule.scope !== "*" && rule.scope !== scope) return false;
  return (rule.resources ?? []).some((it) => resourceMatches(it, definition.resource, request.subresource));
}

function resourceMatches(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf("/");
  const wantedResource = slash < 0 ? pattern : pattern.slice(0, slash);
  const wantedSubresource = slash < 0 ? "" : pattern.slice(slash + 1);
  if (wantedResource !== "*" && wantedResource !== resource) return false;
  return wantedSubresource === "*" ? slash >= 0 : wantedSubresource === subresource;
}

const selectsAll = (spec: LabelSelectorSpec | undefined): boolean =>
  !spec || (!spec.matchExpressions?.length && Object.keys(spec.matchLabels ?? {}).length === 0);

/** Before or after the request: whoever takes a label off is still asked. */
export function objectSelected(spec: LabelSelectorSpec | undefined, request: AdmissionRequest): boolean {
  if (selectsAll(spec)) return true;
  const selector = labelSelectorFrom(spec!);
  return [request.object, request.oldObject].some((it) => it !== undefined && selector.matches(it.metadata.labels));
}

/** Labels of the request's namespace; of a namespace, its own; cluster-scoped objects are always selected. */
export async function namespaceSelected(spec: LabelSelectorSpec | undefined, request: AdmissionRequest, store: Store): Promise<boolean> {
  if (selectsAll(spec)) return true;
  const selector = labelSelectorFrom(spec!);
  const { definition, cluster, namespace } = request;
  if (definition.group === "" && definition.resource === "namespaces") {
    const own = request.operation === "DELETE" ? request.oldObject : (request.object ?? request.oldObject);
    return selector.matches(own?.metadata.labels);
  }
  if (!definition.namespaced) return true;
  const record = await store.get(namespaceKey(cluster, namespace));
  return selector.matches(record?.header.labels);
}

/** The object as another version of its resource; a copy, or the very same when there is nothing to convert. */
export async function inVersion<T extends KubeObject | undefined>(object: T, from: ResourceDefinition, to: ResourceDefinition): Promise<T> {
  if (!object || from === to) return object;
  const stored = from.convert ? await from.convert.toStorage(copyJson(object)) : copyJson(object);
  const converted = to.convert ? await to.convert.fromStorage(stored) : stored;
  converted.apiVersion = formatGroupVersion(to);
  converted.kind = to.kind;
  return converted as T;
}
