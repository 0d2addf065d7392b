/** What `root:platform-mesh-system` gets. @see spec platform-mesh/topology §5, §7 */
import { createHash } from "node:crypto";
import type { KubeObject } from "@meshplane/apimachinery";
import type { ApiResource } from "@meshplane/apis";
import {
  accountInfos,
  accounts,
  apiExportPolicies,
  authorizationModels,
  contentConfigurations,
  identityProviderConfigurations,
  invites,
  platformMeshExports,
  platformMeshPaths,
  providerMetadatas,
  providerPermissions,
  providers,
  relationshipStores,
} from "@meshplane/apis/platform-mesh";
import type { Placed } from "../apply.ts";
import type { PlatformMeshSettings, WebhookEndpoint } from "../settings.ts";

const workspace = platformMeshPaths.system;
const inSystem = (resource: string, object: KubeObject): Placed => ({ workspace, resource, object });

const coreKinds = [accounts, accountInfos, authorizationModels, relationshipStores, invites, contentConfigurations, providerMetadatas];
const systemKinds = [identityProviderConfigurations, apiExportPolicies];
const providerKinds = [providers, providerPermissions];

/** A changed schema is another object: schemas never change. */
export const schemaNameOf = (kind: ApiResource): string =>
  `v261124-${createHash("sha256").update(JSON.stringify(kind)).digest("hex").slice(0, 7)}.${kind.names.plural}.${kind.group}`;

export const schemas = (): Placed[] =>
  [...coreKinds, ...systemKinds, ...providerKinds].map((kind) =>
    inSystem("apiresourceschemas", {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIResourceSchema",
      metadata: { name: schemaNameOf(kind) },
      spec: kind,
    } as unknown as KubeObject),
  );

/** What both exports claim of their consumers, in the form that each version has. */
const claimed = (tenancyIdentity: string): { group: string; resource: string; identityHash?: string }[] => [
  { group: "tenancy.kcp.io", resource: "workspaces", identityHash: tenancyIdentity },
  { group: "tenancy.kcp.io", resource: "workspacetypes", identityHash: tenancyIdentity },
  ...["apibindings", "apiexports", "apiresourceschemas"].map((resource) => ({ group: "apis.kcp.io", resource })),
  { group: "core.kcp.io", resource: "logicalclusters" },
  { group: "", resource: "secrets" },
];

/** @param tenancyIdentity identity hash of root's `tenancy.kcp.io` */
export const coreAndSystemExports = (tenancyIdentity: string): Placed[] =>
  (
    [
      [platformMeshExports.system, systemKinds],
      [platformMeshExports.core, coreKinds],
    ] as const
  ).map(([name, kinds]) =>
    inSystem("apiexports", {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIExport",
      metadata: { name },
      spec: {
        latestResourceSchemas: kinds.map(schemaNameOf),
        permissionClaims: claimed(tenancyIdentity).map((claim) => ({ ...claim, all: true })),
      },
    } as KubeObject),
  );

const allVerbs = ["get", "list", "watch", "create", "update", "patch", "delete"];

export const providersExport = (): Placed =>
  inSystem("apiexports", {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIExport",
    metadata: { name: platformMeshExports.providers },
    spec: {
      resources: providerKinds.map((kind) => ({
        group: kind.group,
        name: kind.names.plural,
        schema: schemaNameOf(kind),
        storage: { crd: {} },
      })),
      permissionClaims: [
        ...["namespaces", "serviceaccounts", "secrets"].map((resource) => ({ group: "", resource, verbs: allVerbs })),
        // upstream's operator is an administrator everywhere and so can do without the last: ours makes a provider the administrator of its own workspace by it
        ...["roles", "rolebindings", "clusterrolebindings"].map((resource) => ({
          group: "rbac.authorization.k8s.io",
          resource,
          verbs: allVerbs,
        })),
      ],
    },
  } as unknown as KubeObject);

/** The workspace uses its own APIs too. */
export const ownBindings = (tenancyIdentity: string): Placed[] =>
  [platformMeshExports.system, platformMeshExports.core].map((name) =>
    inSystem("apibindings", {
      apiVersion: "apis.kcp.io/v1alpha2",
      kind: "APIBinding",
      metadata: { name },
      spec: {
        reference: { export: { name, path: workspace } },
        permissionClaims: claimed(tenancyIdentity).map((claim) => ({
          ...claim,
          verbs: ["*"],
          state: "Accepted",
          selector: { matchAll: true },
        })),
      },
    } as unknown as KubeObject),
  );

/** The realm in which people are before they have an organization. */
export function welcomeIdentityProvider(settings: PlatformMeshSettings): Placed {
  const base = `https://${settings.baseDomain}`;
  return inSystem("identityproviderconfigurations", {
    apiVersion: "core.platform-mesh.io/v1alpha1",
    kind: "IdentityProviderConfiguration",
    metadata: { name: "welcome" },
    spec: {
      registrationAllowed: settings.registrationAllowed,
      clients: [
        {
          clientName: "welcome",
          clientType: "confidential",
          redirectUris: [`${base}/callback*`, ...settings.welcomeRedirectUris],
          postLogoutRedirectUris: [`${base}/logout*`, ...settings.welcomePostLogoutRedirectUris],
          secretRef: { name: "portal-client-secret-welcome", namespace: "default" },
        },
        {
          clientName: "welcome-kubectl",
          clientType: "public",
          redirectUris: ["http://localhost:8000/*", "http://localhost:18000/*"],
          secretRef: { name: "welcome-kubectl-client-secret", namespace: "default" },
        },
      ],
    },
  } as KubeObject);
}

interface Webhook {
  configuration: string;
  kind: "Mutating" | "Validating";
  name: string;
  operations: string[];
  resource: string;
  endpoint: WebhookEndpoint;
}

const webhookConfiguration = ({ configuration, kind, name, operations, resource, endpoint }: Webhook): Placed =>
  inSystem(kind === "Mutating" ? "mutatingwebhookconfigurations" : "validatingwebhookconfigurations", {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: configuration },
    webhooks: [
      {
        name,
        clientConfig: { url: endpoint.url, caBundle: Buffer.from(endpoint.ca).toString("base64") },
        rules: [{ apiGroups: ["core.platform-mesh.io"], apiVersions: ["v1alpha1"], operations, resources: [resource] }],
        failurePolicy: "Fail",
        timeoutSeconds: 30,
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  } as KubeObject);

export const webhookConfigurations = ({
  mutateAccount,
  validateAccount,
  validateIdentityProvider,
}: NonNullable<PlatformMeshSettings["webhooks"]>): Placed[] => [
  webhookConfiguration({
    configuration: "account-operator.webhooks.core.platform-mesh.io",
    kind: "Mutating",
    name: "maccount.kb.io",
    operations: ["CREATE"],
    resource: "accounts",
    endpoint: mutateAccount,
  }),
  webhookConfiguration({
    configuration: "organization-validator.webhooks.core.platform-mesh.io",
    kind: "Validating",
    name: "organization.validation.platform-mesh.ui",
    operations: ["CREATE", "UPDATE"],
    resource: "accounts",
    endpoint: validateAccount,
  }),
  webhookConfiguration({
    configuration: "identityproviderconfiguration-validator.webhooks.core.platform-mesh.io",
    kind: "Validating",
    name: "identityproviderconfiguration.validation.platform-mesh.io",
    operations: ["CREATE", "UPDATE"],
    resource: "identityproviderconfigurations",
    endpoint: validateIdentityProvider,
  }),
];
