/**
 * What an organization needs before anybody may enter: its store, its realm, its founder in that realm, and the realm as issuer of its workspaces. Also
 * done again later, so that changed settings arrive. @see spec platform-mesh/security §7
 */
import { equalJson, type JsonValue, type KubeObject } from "@meshplane/apimachinery";
import type { LogicalCluster, WorkspaceAuthenticationConfiguration } from "@meshplane/apis";
import {
  type Account,
  type AccountInfo,
  accountInfoName,
  organizationLabel,
  platformMeshPaths,
  realmIssuer,
  type RelationshipStore,
  type StandardConditionObject,
} from "@meshplane/apis/platform-mesh";
import { found, apply, resourceType } from "@meshplane/client";
import { complete, stopped, type Verdict } from "@meshplane/controller-runtime";
import { everybodyIsMember, ownerTuples } from "../account/account-tuples.ts";
import {
  authenticationConfigurationResource,
  accountInfoResource,
  accountResource,
  inviteResource,
  safetyNet,
  storeResource,
} from "../context.ts";
import { sameTuple } from "../tuples/managed-tuples.ts";
import { coreModule } from "../model/core-module.ts";
import type { SecuritySettings } from "../settings.ts";
import type { Workspaces } from "../workspaces.ts";

const fieldManager = "security-operator";
const organizations = platformMeshPaths.organizations;

const workspaceTypes = resourceType<KubeObject & { spec: { authenticationConfigurations?: { name: string }[] } }>({
  group: "tenancy.kcp.io",
  version: "v1alpha1",
  resource: "workspacetypes",
  kind: "WorkspaceType",
});

export interface OrganizationStep {
  name: string;
  run(organization: Organization): Promise<Verdict>;
}

export interface Organization {
  name: string;
  /** logical cluster of its workspace */
  cluster: string;
  /** logical cluster of `root:orgs` */
  originCluster: string;
}

/** @returns undefined when the LogicalCluster tells too little */
export function organizationOf(logicalCluster: LogicalCluster, path: string, cluster: string): Organization | undefined {
  const originCluster = logicalCluster.spec.owner?.cluster;
  return originCluster ? { name: path.slice(path.lastIndexOf(":") + 1), cluster, originCluster } : undefined;
}

export function organizationSteps(workspaces: Workspaces, settings: SecuritySettings): OrganizationStep[] {
  return [
    { name: "WorkspaceInitializer", run: store },
    { name: "IDPSubroutine", run: identityProvider },
    { name: "InviteInitializationSubroutine", run: invite },
    { name: "workspaceAuthConfiguration", run: authentication },
  ];

  async function store({ name, cluster, originCluster }: Organization): Promise<Verdict> {
    const info = await infoOf(cluster);
    if (!info) return stopped("AccountInfo not found yet, requeueing", safetyNet);
    const account = await accountOf(name);
    if (!account) return stopped(`Account ${name} not found yet`, safetyNet);
    const creator = account.spec.creator;
    if (!creator) throw new Error("account creator is nil or empty");

    const place = { originCluster, name };
    const tuples = [...ownerTuples(place, creator), ...(settings.memberTuples ? everybodyIsMember(place) : [])];
    const stores = workspaces.core(organizations, storeResource)!;
    const known = await found(stores.get(name));
    // what others added stays; that everybody is a member is a setting, and may be taken back
    const notWanted = settings.memberTuples ? [] : everybodyIsMember(place);
    const given = known?.spec.tuples ?? [];
    const kept = given.filter((tuple) => !notWanted.some((one) => sameTuple(one, tuple)));
    const missing = tuples.filter((tuple) => !kept.some((one) => sameTuple(one, tuple)));
    if (!known)
      await stores.create({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "Store",
        metadata: { name },
        spec: { coreModule, tuples },
      } as RelationshipStore);
    else if (missing.length > 0 || kept.length < given.length || known.spec.coreModule !== coreModule)
      await stores.update({ ...known, spec: { coreModule, tuples: [...kept, ...missing] } });
    if (!known || missing.length > 0) return stopped("store needed to be updated, requeueing", safetyNet);
    const managed = known.status?.managedTuples ?? [];
    if (!tuples.every((tuple) => managed.some((one) => sameTuple(one, tuple))))
      return stopped("store does not yet contain all specified tuples, requeueing", safetyNet);
    const id = known.status?.storeId;
    if (!id) return stopped("store id is empty", safetyNet);
    await patchInfo(cluster, info, { fga: { store: { id } } });
    return complete();
  }

  async function identityProvider({ name, cluster }: Organization): Promise<Verdict> {
    const own = clientsOf(name);
    const configurations = workspaces.identityProviders();
    const known = await found(configurations.get(name));
    // clients that others added stay
    const clients = [...own, ...(known?.spec.clients ?? []).filter(({ clientName }) => !own.some((one) => one.clientName === clientName))];
    const spec = { registrationAllowed: settings.registrationAllowed, clients };
    if (!known)
      await configurations.create({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "IdentityProviderConfiguration",
        metadata: { name },
        spec,
      });
    else if (!equalJson(known.spec as unknown as JsonValue, spec as unknown as JsonValue)) await configurations.update({ ...known, spec });
    const managed = known?.status?.managedClients ?? {};
    if (!isReady(known) || own.some(({ clientName }) => !Object.hasOwn(managed, clientName)))
      return stopped("idp resource is not ready yet", safetyNet);
    const info = await infoOf(cluster);
    if (!info) return stopped("AccountInfo not found yet, requeueing", safetyNet);
    const clientIds = Object.fromEntries(Object.entries(managed).map(([client, { clientId }]) => [client, { clientId }]));
    await patchInfo(cluster, info, { oidc: { issuerUrl: realmIssuer(settings.baseDomain, name), clients: clientIds } });
    return complete();
  }

  async function invite({ name, cluster }: Organization): Promise<Verdict> {
    const invites = workspaces.core(cluster, inviteResource);
    const creator = (await accountOf(name))?.spec.creator;
    if (!invites || !creator) return stopped("invite resource is not ready yet", safetyNet);
    const known = await found(invites.get(name));
    // a service account that founds an organization has no mail address and signs in by itself
    if (!isMailAddress(creator)) return complete();
    if (!known)
      await invites.create({
        apiVersion: "core.platform-mesh.io/v1alpha1",
        kind: "Invite",
        metadata: { name },
        spec: { email: creator },
      });
    else if (known.spec.email !== creator) await invites.update({ ...known, spec: { email: creator } });
    return isReady(known) ? complete() : stopped("invite resource is not ready yet", safetyNet);
  }

  async function authentication({ name, cluster }: Organization): Promise<Verdict> {
    const info = await infoOf(cluster);
    const clients = Object.entries(info?.spec.oidc?.clients ?? {});
    if (clients.length === 0) throw new Error(`AccountInfo ${accountInfoName} has no OIDC clients`);
    for (const [client, { clientId }] of clients) if (!clientId) throw new Error(`OIDC client ${client} has empty ClientID in AccountInfo`);
    await apply(
      workspaces.organizations(authenticationConfigurationResource),
      authenticationConfiguration(
        name,
        clients.map(([, { clientId }]) => clientId),
      ),
      { fieldManager, force: true },
    );
    const types = workspaces.core(organizations, workspaceTypes)!;
    const { items } = await types.list({ labelSelector: `${organizationLabel}=${name}` });
    const wanted = [{ name }];
    for (const type of items)
      if (!equalJson(type.spec.authenticationConfigurations as JsonValue, wanted))
        await types.patch(type.metadata.name!, "merge", { spec: { authenticationConfigurations: wanted } }, { fieldManager });
    return complete();
  }

  function infoOf(cluster: string): Promise<AccountInfo | undefined> {
    const infos = workspaces.core(cluster, accountInfoResource);
    return infos ? found(infos.get(accountInfoName)) : Promise.resolve(undefined);
  }

  async function accountOf(name: string): Promise<Account | undefined> {
    const accounts = workspaces.core(organizations, accountResource);
    return accounts && found(accounts.get(name));
  }

  async function patchInfo(cluster: string, info: AccountInfo, spec: Partial<AccountInfo["spec"]>): Promise<void> {
    const wanted = { ...info.spec, ...spec };
    if (equalJson(info.spec as unknown as JsonValue, wanted as unknown as JsonValue)) return;
    await workspaces
      .core(cluster, accountInfoResource)!
      .patch(accountInfoName, "merge", { spec } as unknown as JsonValue, { fieldManager });
  }

  function clientsOf(organization: string) {
    const secret = (client: string) => ({ name: `portal-client-secret-${organization}-${client}`, namespace: "default" });
    const home = `https://${organization}.${settings.baseDomain}`;
    return [
      {
        clientName: organization,
        clientType: "confidential" as const,
        redirectUris: [...settings.additionalRedirectUrls, `${home}/*`],
        postLogoutRedirectUris: [`${home}/logout*`],
        secretRef: secret(organization),
      },
      {
        clientName: "kubectl",
        clientType: "public" as const,
        redirectUris: [...settings.kubectlRedirectUrls],
        secretRef: secret("kubectl"),
      },
    ];
  }

  function authenticationConfiguration(organization: string, clientIds: string[]): WorkspaceAuthenticationConfiguration {
    const { userClaim, groupClaim, domainCa, unverifiedEmails, additionalAudiences } = settings;
    return {
      apiVersion: "tenancy.kcp.io/v1alpha1",
      kind: "WorkspaceAuthenticationConfiguration",
      metadata: { name: organization },
      spec: {
        jwt: [
          {
            issuer: {
              url: realmIssuer(settings.baseDomain, organization),
              audiences: [...clientIds, ...additionalAudiences].sort(),
              audienceMatchPolicy: "MatchAny",
              ...(domainCa ? { certificateAuthority: domainCa } : {}),
            },
            claimMappings: {
              username: unverifiedEmails ? { expression: `claims.${userClaim}` } : { claim: userClaim, prefix: "" },
              groups: { claim: groupClaim, prefix: "" },
            },
            ...(unverifiedEmails
              ? {
                  claimValidationRules: [
                    { expression: "claims.?email_verified.orValue(true) in [true, false]", message: "email_verified is a boolean" },
                  ],
                }
              : {}),
          },
        ],
      },
    };
  }
}

const isReady = (object: { status?: { conditions?: StandardConditionObject[] } } | undefined): boolean =>
  object?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

const isMailAddress = (name: string): boolean => /^[^\s:@]+@[^\s:@]+$/.test(name);
