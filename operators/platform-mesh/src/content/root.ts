/** What `root` gets. @see spec platform-mesh/topology §4, §5 */
import type { KubeObject } from "@meshplane/apimachinery";
import { platformMeshExports, platformMeshPaths, realmIssuer } from "@meshplane/apis/platform-mesh";
import type { Placed } from "../apply.ts";
import type { PlatformMeshSettings } from "../settings.ts";

const workspace = "root";
const tenancy = "tenancy.kcp.io/v1alpha1";

const inRoot = (resource: string, object: KubeObject): Placed => ({ workspace, resource, object });

export const workspaceOf = (parent: string, name: string, type: string, typePath = "root"): Placed => ({
  workspace: parent,
  resource: "workspaces",
  object: { apiVersion: tenancy, kind: "Workspace", metadata: { name }, spec: { type: { name: type, path: typePath } } } as KubeObject,
});

interface TypeReference {
  name: string;
  path: string;
}
const type = (name: string): TypeReference => ({ name, path: "root" });
const binding = (name: string) => ({ export: name, path: platformMeshPaths.system });
const rootBinding = (name: string) => ({ export: name, path: "root" });
const core = binding(platformMeshExports.core);
const tenancyAndTopology = [rootBinding("tenancy.kcp.io"), rootBinding("topology.kcp.io")];

const workspaceType = (name: string, spec: Record<string, unknown>): Placed =>
  inRoot("workspacetypes", { apiVersion: tenancy, kind: "WorkspaceType", metadata: { name }, spec } as KubeObject);

/** Those that need no export of ours; the providers workspace is made of one of them. */
export const earlyWorkspaceTypes = (): Placed[] => [
  // connects a workspace with its relationships before it is Ready, and cuts it off when it goes
  workspaceType("security", { initializer: true, terminator: true }),
  workspaceType("providers", {
    defaultAPIBindings: tenancyAndTopology,
    defaultChildWorkspaceType: type("provider"),
    limitAllowedChildren: { types: [type("provider")] },
  }),
];

export const workspaceTypes = (): Placed[] => [
  workspaceType("provider", {
    defaultAPIBindings: [core, binding(platformMeshExports.providers)],
    limitAllowedParents: { types: [type("providers")] },
  }),
  workspaceType("orgs", {
    extend: { with: [type("universal")] },
    defaultAPIBindings: [core, binding(platformMeshExports.system)],
    defaultChildWorkspaceType: type("org"),
    limitAllowedChildren: { types: [type("org")] },
    authenticationConfigurations: [{ name: "orgs-authentication" }],
  }),
  workspaceType("org", {
    extend: { with: [type("security")] },
    defaultAPIBindings: [core, ...tenancyAndTopology],
    defaultChildWorkspaceType: type("account"),
    limitAllowedChildren: { types: [type("account")] },
    limitAllowedParents: { types: [type("orgs")] },
  }),
  workspaceType("account", {
    extend: { with: [type("universal"), type("security")] },
    defaultAPIBindings: [core, ...tenancyAndTopology],
    defaultChildWorkspaceType: type("account"),
    limitAllowedChildren: { types: [type("account")] },
    limitAllowedParents: { types: [type("org"), type("account")] },
  }),
];

/** Who may sign in to `root:orgs`: everybody in realm `welcome`, through its clients. */
export const organizationsAuthentication = (settings: PlatformMeshSettings, audiences: readonly string[]): Placed =>
  inRoot("workspaceauthenticationconfigurations", {
    apiVersion: tenancy,
    kind: "WorkspaceAuthenticationConfiguration",
    metadata: { name: "orgs-authentication" },
    spec: {
      jwt: [
        {
          issuer: {
            url: realmIssuer(settings.baseDomain, "welcome"),
            audiences: [...audiences],
            audienceMatchPolicy: "MatchAny",
            ...(settings.domainCa ? { certificateAuthority: settings.domainCa } : {}),
          },
          claimMappings: {
            username: settings.unverifiedEmails ? { expression: "claims.email" } : { claim: "email", prefix: "" },
            groups: { claim: "groups", prefix: "" },
          },
          ...(settings.unverifiedEmails
            ? {
                claimValidationRules: [
                  {
                    expression: "claims.?email_verified.orValue(true) == true || claims.?email_verified.orValue(true) == false",
                    message: "email_verified is a boolean",
                  },
                ],
              }
            : {}),
        },
      ],
    },
  } as KubeObject);
