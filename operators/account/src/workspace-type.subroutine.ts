import { hasReason } from "@meshplane/apimachinery";
import {
  type Account,
  organizationLabel,
  platformMeshFinalizers,
  platformMeshPaths,
  reservedOrganizationNames,
} from "@meshplane/apis/platform-mesh";
import { apply } from "@meshplane/client";
import { complete, type LifecycleSubroutine, stopped } from "@meshplane/controller-runtime";
import type { AccountContext } from "./context.ts";

export const organizationTypeOf = (organization: string): string => `${organization}-org`;
export const accountTypeOf = (organization: string): string => `${organization}-account`;

const isOrganization = ({ spec }: Account): boolean => spec.type === "org";

/** An organization's own types: its accounts go below it and nowhere else. @see spec platform-mesh/accounts §4 step 1, topology §4 */
export function workspaceTypeSubroutine(context: AccountContext): LifecycleSubroutine<Account> {
  return {
    name: "WorkspaceTypeSubroutine",
    finalizers: (account) => (isOrganization(account) ? [platformMeshFinalizers.workspaceType] : []),

    async process(account, { cluster }) {
      if (!isOrganization(account)) return complete();
      const refusal = refusalOf(account, cluster);
      if (refusal !== undefined) return stopped(refusal);
      const organization = account.metadata.name!;
      // the one that both name as a child comes first
      for (const type of [accountType(organization), organizationType(organization)])
        // fields of others stay: who may sign in is added later
        await apply(context.workspaceTypes(), type, { fieldManager: "account-operator", force: true });
      return complete();
    },

    async finalize(account, { cluster }) {
      if (refusalOf(account, cluster) !== undefined) return complete();
      const organization = account.metadata.name!;
      for (const name of [organizationTypeOf(organization), accountTypeOf(organization)])
        await context
          .workspaceTypes()
          .delete(name)
          .catch((error: unknown) => {
            if (!hasReason(error, "NotFound")) throw error;
          });
      return complete();
    },
  };

  /** The types are found by their name alone: an account elsewhere that calls itself an organization must not touch another's. */
  function refusalOf({ metadata }: Account, cluster: string): string | undefined {
    if (context.pathOf(cluster) !== platformMeshPaths.organizations)
      return `organizations are made in ${platformMeshPaths.organizations}; this one is not used`;
    return reservedOrganizationNames.has(metadata.name!) ? `organization name "${metadata.name}" is not allowed` : undefined;
  }
}

const inRoot = (name: string) => ({ name, path: "root" });
const inOrganizations = (name: string) => ({ name, path: platformMeshPaths.organizations });

const organizationType = (organization: string) => workspaceType(organization, organizationTypeOf(organization), "org", [inRoot("orgs")]);

const accountType = (organization: string) =>
  workspaceType(organization, accountTypeOf(organization), "account", [
    inOrganizations(organizationTypeOf(organization)),
    inOrganizations(accountTypeOf(organization)),
  ]);

function workspaceType(organization: string, name: string, base: string, parents: { name: string; path: string }[]) {
  const child = inOrganizations(accountTypeOf(organization));
  return {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: "WorkspaceType",
    metadata: { name, labels: { [organizationLabel]: organization } },
    spec: {
      extend: { with: [inRoot(base)] },
      defaultChildWorkspaceType: child,
      limitAllowedChildren: { types: [child] },
      limitAllowedParents: { types: parents },
    },
  };
}
