/** Which resources an export's view has. @see spec virtual-workspaces §2.1, §2.2 */
import { allClusters, badRequest, labelSelectorFrom, type LabelSelector } from "@meshplane/apimachinery";
import {
  claimLabelKey,
  claimLabelValue,
  exportLabel,
  exportLabelValue,
  isClaimableBuiltin,
  reflexiveClaimLabelValue,
  type PermissionClaim,
  type ResourceSchemaReference,
} from "@meshplane/apis";
import { surfaceOf, type ResourceDefinition, type Subresource, type Surface, type Verb } from "@meshplane/apiserver";
import { deriveDefinition } from "../derive-definition.ts";
import type { ExportEntry } from "@meshplane/kcp";
import type { ViewDependencies } from "../view-dependencies.ts";

/** in the order that a view's discovery prints them */
const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const readOnly: readonly Verb[] = ["get", "list", "watch"];

/**
 * @param key names the surface: another text whenever the export, a schema or a claimed export has changed
 * @param consumer "*", or whom it is for: it makes a difference for virtual resources only
 */
export async function exportSurface(
  key: string,
  entry: ExportEntry,
  consumer: string,
  deps: Pick<ViewDependencies, "exports" | "schemaDefinitions" | "surfaces">,
): Promise<Surface> {
  const { cluster, name, identityHash: identity } = entry;
  if (!identity) return surfaceOf(key, []);

  const definitions: ResourceDefinition[] = [];
  const taken = new Set<string>();
  const add = (added: readonly ResourceDefinition[]) => {
    for (const definition of added) {
      const path = `${definition.group}/${definition.version}/${definition.resource}`;
      if (taken.has(path)) continue;
      taken.add(path);
      definitions.push(definition);
    }
  };

  for (const resource of entry.resources) {
    if (resource.storage?.virtual) {
      add(await virtualDefinitions(resource));
      continue;
    }
    const bound = await deps.schemaDefinitions(cluster, resource.schema, identity);
    add(bound.map((definition) => asViewed(definition, undefined)));
  }

  const own = await deps.surfaces(cluster);
  const claimKey = claimLabelKey(cluster, name);
  for (const claim of entry.permissionClaims) add(await claimedDefinitions(claim));
  const exportOnly = oneOf(exportLabel, [exportLabelValue(cluster, name)]);
  add(
    own.definitions
      .filter((d) => d.group === "apis.kcp.io" && d.resource === "apibindings")
      .map((d) => deriveDefinition(asViewed(d, exportOnly), { verbs: readOnly, subresources: {} })),
  );
  return surfaceOf(key, definitions);

  /** as the consumer has them; over all consumers they are listed, and cannot be read */
  async function virtualDefinitions({ group, name: resource, schema }: ResourceSchemaReference): Promise<ResourceDefinition[]> {
    if (consumer === allClusters) {
      const bound = await deps.schemaDefinitions(cluster, schema, identity!);
      const refuse = (): never => {
        throw badRequest("Wildcard request not supported");
      };
      return bound.map((definition) =>
        deriveDefinition(definition, { builtIn: false, verbs: readOnly, subresources: {}, computed: { get: refuse, list: refuse } }),
      );
    }
    const { definitions: theirs } = await deps.surfaces(consumer);
    return theirs
      .filter((definition) => definition.group === group && definition.resource === resource)
      .filter(({ storage, computed }) => storage.cluster !== undefined || computed)
      .map((definition) => asViewed(definition, definition.restriction));
  }

  async function claimedDefinitions(claim: PermissionClaim): Promise<ResourceDefinition[]> {
    const group = claim.group ?? "";
    const label = claimLabelValue({
      group: group === "events.k8s.io" && claim.resource === "events" ? "" : group,
      resource: claim.resource,
      identityHash: claim.identityHash ?? "",
    });
    const reflexive = group === "apis.kcp.io" && claim.resource === "apibindings";
    const restriction = oneOf(claimKey, reflexive ? [label, reflexiveClaimLabelValue] : [label]);
    if (claim.identityHash) {
      for (const provider of deps.exports.withIdentity(claim.identityHash)) {
        const schema = provider.resources.find((r) => r.group === group && r.name === claim.resource)?.schema;
        const bound = schema ? await deps.schemaDefinitions(provider.cluster, schema, claim.identityHash) : [];
        if (bound.length) return bound.map((definition) => asViewed(definition, restriction));
      }
      return [];
    }
    if (!isClaimableBuiltin({ group, resource: claim.resource }) && group !== "apis.kcp.io") return [];
    const groups = claim.resource === "events" && (group === "" || group === "events.k8s.io") ? ["", "events.k8s.io"] : [group];
    return own.definitions
      .filter((d) => groups.includes(d.group) && d.resource === claim.resource)
      .map((d) => (d.computed ? deriveDefinition(d, { builtIn: false, subresources: {} }) : asViewed(d, restriction)));
  }
}

/** As custom resources look: JSON and YAML, no subresource but status. @see spec virtual-workspaces §1.5 */
function asViewed(definition: ResourceDefinition, restriction: LabelSelector | undefined): ResourceDefinition {
  const status: Record<string, Subresource> = Object.hasOwn(definition.subresources, "status")
    ? { status: definition.subresources.status! }
    : {};
  return deriveDefinition(definition, {
    builtIn: false,
    verbs: allVerbs.filter((verb) => definition.verbs.includes(verb)),
    subresources: status,
    ...(definition.builtIn ? { shortNames: [], categories: [] } : {}),
    discoverable: true,
    deprecationWarning: undefined, // told to who uses the API, not to who serves it
    ...(restriction ? { restriction } : {}),
  });
}

const oneOf = (key: string, values: string[]): LabelSelector => labelSelectorFrom({ matchExpressions: [{ key, operator: "In", values }] });
