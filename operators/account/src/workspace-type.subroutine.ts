import { hasReason } from "@meshplane/apimachinery";
import { type Account, organizationLabel, platformMeshFinalizers, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { apply } from "@meshplane/client";
import { complete, type LifecycleSubroutine } from "@meshplane/controller-runtime";
import type { AccountContext } from "./context.ts";

export const organizationTypeOf = (organization: string): string => `${organization}-org`;
export const accountTypeOf = (organization: string): string => `${organization}-account`;

const isOrganization = ({ spec }: Account): boolean => spec.type === "org";

/** An organization's own types: its accounts go below it and nowhere else. @see spec platform-mesh/accounts §4 step 1, topology §4 */
export const workspaceTypeSubroutine = (context: AccountContext): LifecycleSubroutine<Account> => ({
  name: "WorkspaceTypeSubroutine",
  finalizers: (account) => (isOrganization(account) ? [platformMeshFinalizers.workspaceType] : []),

  async process(account) {
    if (!isOrganization(account)) return complete();
    const organization = account.metadata.name!;
    // the one that both name as a child comes first
    for (const type of [accountType(organization), organizationType(organization)])
      // fields of others stay: who may sign in is added later
      await apply(context.workspaceTypes(), type, { fieldManager: "account-operator", force: true });
    return complete();
  },

  async finalize(account) {
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
});

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
