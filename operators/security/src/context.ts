import type { KubeObject } from "@meshplane/apimachinery";
import type { APIBinding, APIExport, APIResourceSchema, LogicalCluster, WorkspaceAuthenticationConfiguration } from "@meshplane/apis";
import {
  type Account,
  type AccountInfo,
  type APIExportPolicy,
  type AuthorizationModel,
  type IdentityProviderConfiguration,
  type Invite,
  platformMeshPaths,
  type RelationshipStore,
} from "@meshplane/apis/platform-mesh";
import { resourceType } from "@meshplane/client";

const core = <T extends KubeObject>(kind: string, resource: string) =>
  resourceType<T>({ group: "core.platform-mesh.io", version: "v1alpha1", resource, kind });

export const accountResource = core<Account>("Account", "accounts");
export const accountInfoResource = core<AccountInfo>("AccountInfo", "accountinfos");
export const storeResource = core<RelationshipStore>("Store", "stores");
export const authorizationModelResource = core<AuthorizationModel>("AuthorizationModel", "authorizationmodels");
export const identityProviderResource = core<IdentityProviderConfiguration>(
  "IdentityProviderConfiguration",
  "identityproviderconfigurations",
);
export const inviteResource = core<Invite>("Invite", "invites");
export const apiExportPolicyResource = core<APIExportPolicy>("APIExportPolicy", "apiexportpolicies");

export const logicalClusterResource = resourceType<LogicalCluster>({
  group: "core.kcp.io",
  version: "v1alpha1",
  resource: "logicalclusters",
  kind: "LogicalCluster",
});
export const authenticationConfigurationResource = resourceType<WorkspaceAuthenticationConfiguration>({
  group: "tenancy.kcp.io",
  version: "v1alpha1",
  resource: "workspaceauthenticationconfigurations",
  kind: "WorkspaceAuthenticationConfiguration",
});
const kcpApis = <T extends KubeObject>(kind: string, resource: string, version: string) =>
  resourceType<T>({ group: "apis.kcp.io", version, resource, kind });
export const apiBindingResource = kcpApis<APIBinding>("APIBinding", "apibindings", "v1alpha2");
/** v1alpha1 where upstream has it only so; v1alpha2 holds all that there is */
export const apiExportResource = kcpApis<APIExport & KubeObject>("APIExport", "apiexports", "v1alpha2");
export const apiResourceSchemaResource = kcpApis<APIResourceSchema & KubeObject>("APIResourceSchema", "apiresourceschemas", "v1alpha1");

/** How long until a step that waits looks again, should no change bring it back. */
export const safetyNet = { afterSeconds: 10 };

const pathAnnotation = "kcp.io/path";
export const pathOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[pathAnnotation];

/** `root:orgs:<organization>`, and nothing below. */
export const organizationOfPath = (path: string): string | undefined => {
  const parts = path.split(":");
  return path.startsWith(`${platformMeshPaths.organizations}:`) ? parts[2] : undefined;
};
export const isOrganizationPath = (path: string): boolean =>
  path.startsWith(`${platformMeshPaths.organizations}:`) && path.split(":").length === 3;
export const isAccountPath = (path: string): boolean =>
  path.startsWith(`${platformMeshPaths.organizations}:`) && path.split(":").length > 3;
