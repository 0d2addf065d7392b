/** What `root:orgs` gets. @see spec platform-mesh/topology §5 */
import type { KubeObject } from "@meshplane/apimachinery";
import { authenticatedRole, organizationsStoreName, platformMeshPaths, roleAssignees } from "@meshplane/apis/platform-mesh";
import type { Placed } from "../apply.ts";

/** Everybody who is signed in may found an organization: create Accounts here, and see those that there are. */
const coreModule = `module core

type user

type role
  relations
    define assignee: [user, user:*]

type tenancy_kcp_io_workspace
  relations
    define owner: [role#assignee]
    define member: [role#assignee]
    define create_core_platform-mesh_io_accounts: member
    define list_core_platform-mesh_io_accounts: member
    define get_core_platform-mesh_io_accounts: member
    define watch_core_platform-mesh_io_accounts: member
`;

export const organizationsStore = (): Placed => ({
  workspace: platformMeshPaths.organizations,
  resource: "stores",
  object: {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "Store",
    metadata: { name: organizationsStoreName },
    spec: {
      coreModule,
      tuples: [
        { object: authenticatedRole, relation: "assignee", user: "user:*" },
        { object: `tenancy_kcp_io_workspace:${organizationsStoreName}`, relation: "member", user: roleAssignees(authenticatedRole) },
      ],
    },
  } as KubeObject,
});
