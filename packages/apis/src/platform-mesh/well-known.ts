/** Names that the parts of Platform Mesh and their clients agree on. @see spec platform-mesh/topology, accounts, security */

export const platformMeshCoreGroup = "core.platform-mesh.io";
export const providersGroup = "providers.platform-mesh.io";
export const uiGroup = "ui.platform-mesh.io";

export const platformMeshPaths = {
  system: "root:platform-mesh-system",
  organizations: "root:orgs",
  providers: "root:providers",
  systemProvider: "root:providers:system",
} as const;

export const platformMeshExports = {
  core: "core.platform-mesh.io",
  system: "system.platform-mesh.io",
  providers: "providers.platform-mesh.io",
} as const;

/** the type whose initializer and terminator connect a workspace with its relationships */
export const securityInitializer = "root:security";

export const platformMeshFinalizers = {
  workspaceType: "workspacetype.core.platform-mesh.io/finalizer",
  account: "account.core.platform-mesh.io/finalizer",
  /** on AccountInfo: waits for the accounts inside */
  accountInfo: "account.core.platform-mesh.io/info",
  /** on AccountInfo: waits for the bindings that relationship types were made of */
  accountInfoBindings: "security.platform-mesh.io/accountinfo-finalizer",
  store: "core.platform-mesh.io/fga-store",
  tuples: "core.platform-mesh.io/fga-tuples",
  apiBinding: "core.platform-mesh.io/apibinding-finalizer",
  identityProvider: "core.platform-mesh.io/idp-finalizer",
  apiExportPolicy: "system.platform-mesh.io/apiexportpolicy-finalizer",
  providerWorkspace: "providers.platform-mesh.io/provider-workspace",
  scopedKubeconfig: "providers.platform-mesh.io/scoped-kubeconfig",
} as const;

/** on the WorkspaceTypes of an organization: its name */
export const organizationLabel = "core.platform-mesh.io/org";
/** any value: look at the object again, whatever its schedule; removed afterwards */
export const refreshLabel = "platform-mesh.io/refresh-reconcile";
/** on client Secrets */
export const identityProviderNameLabel = "core.platform-mesh.io/idp-name";
export const clientNameLabel = "core.platform-mesh.io/client-name";
export const contentForLabel = "ui.platform-mesh.io/content-for";
export const contentEntityLabel = "ui.platform-mesh.io/entity";
/** on objects that the bootstrap wrote: by which part */
export const ownedByAnnotation = "core.platform-mesh.io/owned-by";

/** name of the one AccountInfo of an account's workspace */
export const accountInfoName = "account";
/** name of the store that governs `root:orgs` itself */
export const organizationsStoreName = "orgs";
/** name of the realm in which people are before they have an organization */
export const welcomeRealm = "welcome";
/**
 * Names that stores, realms or clients of the platform have, so that an organization of that name would take them over: whatever an installation denies, these
 * are nobody's.
 */
export const reservedOrganizationNames: ReadonlySet<string> = new Set([organizationsStoreName, welcomeRealm, "master", "kubectl"]);
