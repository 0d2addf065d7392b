import { hasReason, labelSelectorFrom, type KubeObject } from "@meshplane/apimachinery";
import type { AdmissionRequest, Authorizer, InProcessApi, ResourceDefinition, SurfaceSource } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";
import type { MatchResources } from "../kinds/admissionregistration/rules.ts";
import { internalUser } from "../local/local-client.ts";
import { definitionOfKind } from "../controllers/served-definitions.ts";
import type { HookIndex } from "./hook-index.ts";
import type { ParamRef, PolicyBinding, Policy } from "./hook-kinds.ts";
import { matchedDefinition, namespaceSelected, objectSelected, ruleMatches } from "./match-hooks.ts";

export interface HookDependencies {
  index: HookIndex;
  store: Store;
  local: () => InProcessApi;
  surfaces: SurfaceSource;
  /** for `authorizer` in expressions */
  authorize: Authorizer;
  /** whose policies and webhooks count for a request; the request's own logical cluster by default (spec apis §9) */
  sourceOf?: (request: AdmissionRequest) => string;
}

export const sourceOf = ({ sourceOf: of }: HookDependencies, request: AdmissionRequest): string => of?.(request) ?? request.cluster;

const user = internalUser("system:admission-policies");

/** The version of the request's resource that these constraints mean; undefined: not concerned. */
export async function constraintsMatch(
  match: MatchResources | undefined,
  request: AdmissionRequest,
  { surfaces, store }: HookDependencies,
): Promise<ResourceDefinition | undefined> {
  if (!match) return request.definition;
  if (!objectSelected(match.objectSelector, request)) return undefined;
  if (match.excludeResourceRules?.some((rule) => ruleMatches(rule, request, request.definition))) return undefined;
  const matched = match.resourceRules?.length
    ? matchedDefinition(match.resourceRules, match.matchPolicy, request, await surfaces(request.cluster))
    : request.definition;
  if (!matched || !(await namespaceSelected(match.namespaceSelector, request, store))) return undefined;
  return matched;
}

/** What a binding is wrong about: treated as the policy's failurePolicy says. */
export class ConfigurationFailure extends Error {}

/**
 * The parameters that a binding gives its policy: `[undefined]` for a policy without parameters, none when the binding lets their absence pass.
 * @throws ConfigurationFailure
 */
export async function paramsOf(
  policy: Policy,
  binding: PolicyBinding,
  request: AdmissionRequest,
  dependencies: HookDependencies,
): Promise<(KubeObject | undefined)[]> {
  const { paramKind } = policy.spec;
  const { paramRef } = binding.spec;
  if (!paramKind || !paramRef) return [undefined];
  const cluster = sourceOf(dependencies, request);
  const kind = { apiVersion: paramKind.apiVersion ?? "", kind: paramKind.kind ?? "" };
  const definition = definitionOfKind(await dependencies.surfaces(cluster), kind);
  if (!definition) {
    throw new ConfigurationFailure(`failed to find resource referenced by paramKind: '${kind.apiVersion}, Kind=${kind.kind}'`);
  }
  const namespace = definition.namespaced ? paramRef.namespace || request.namespace : "";
  if (definition.namespaced && namespace === "") {
    throw new ConfigurationFailure("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  }
  if (!definition.namespaced && paramRef.namespace) {
    throw new ConfigurationFailure("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  const found = await find(cluster, definition, namespace, paramRef, dependencies.local());
  if (found.length > 0) return found;
  if (paramRef.parameterNotFoundAction === "Allow") return [];
  throw new ConfigurationFailure("no params found for policy binding with `Deny` parameterNotFoundAction");
}

async function find(
  cluster: string,
  definition: ResourceDefinition,
  namespace: string,
  { name, selector }: ParamRef,
  local: InProcessApi,
): Promise<KubeObject[]> {
  const where = { user, cluster, resource: definition, namespace };
  if (!name) {
    const labelSelector = labelSelectorFrom(selector ?? {}).toString();
    return (await local.list({ verb: "list", ...where, options: { labelSelector } })).items;
  }
  try {
    return [await local.object({ verb: "get", ...where, name })];
  } catch (error) {
    if (hasReason(error, "NotFound")) return [];
    throw error;
  }
}

/** The namespace of the request, for `namespaceObject`; none for cluster-scoped objects and namespaces themselves. */
export async function namespaceObjectOf(
  { definition, cluster, namespace }: AdmissionRequest,
  local: InProcessApi,
): Promise<KubeObject | undefined> {
  if (!definition.namespaced || namespace === "") return undefined;
  return local.object({
    verb: "get",
    user,
    cluster,
    resource: { group: "", version: "v1", resource: "namespaces" },
    name: namespace,
  });
}
