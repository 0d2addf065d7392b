/**
 * First question to a provider's request: has the consumer bound this export, and does the binding, or a claim that it accepted, cover the resource?
 * @see spec virtual-workspaces §2.3
 */
import { allow, deny, type Authorizer, type Decision, type ResourceTarget } from "@meshplane/apiserver";
import type { BindingEntry } from "@meshplane/kcp";
import type { ExportName, ViewDependencies } from "../view-dependencies.ts";
import { acceptedClaim, bindsExport, isBoundResource } from "./claims.ts";

type Parts = Pick<ViewDependencies, "apisOf" | "exports">;

const readingVerbs = new Set(["get", "list", "watch"]);

export const bindingAuthorizer =
  (parts: Parts, name: ExportName): Authorizer =>
  ({ target }) => {
    if (target.kind === "nonResource") return allow("paths beside resources need no binding");
    if (target.cluster === "*") return allow("the wildcard shows what each binding allows");
    const binding = bindingOf(parts, target.cluster, name);
    return binding instanceof Promise ? binding.then((found) => decide(found, target)) : decide(binding, target);

    function decide(found: BindingEntry | undefined, { group, resource, verb }: ResourceTarget): Decision {
      if (!found) return deny("could not find suitable APIBinding in target logical cluster");
      if (isBoundResource(found, group, resource)) return allow("bound resource");
      const claims = parts.exports.get(name.cluster, name.name)?.permissionClaims ?? [];
      if (acceptedClaim(found, claims, group, resource, verb)) return allow("accepted permission claim");
      if (group === "apis.kcp.io" && resource === "apibindings")
        return readingVerbs.has(verb)
          ? allow("bindings to the export can be read")
          : deny("write access to APIBinding is not allowed from virtual workspace");
      return deny("failed to find suitable reason to allow access in APIBinding");
    }
  };

export function bindingOf(
  parts: Pick<Parts, "apisOf">,
  cluster: string,
  name: ExportName,
): BindingEntry | undefined | Promise<BindingEntry | undefined> {
  const apis = parts.apisOf(cluster);
  return apis instanceof Promise
    ? apis.then(({ bindings }) => bindings.find((binding) => bindsExport(binding, name)))
    : apis.bindings.find((binding) => bindsExport(binding, name));
}
