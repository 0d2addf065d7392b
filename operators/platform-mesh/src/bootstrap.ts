/**
 * From a bare kcp to a Platform Mesh, in the one order that needs no retry: an export before what claims its identity, a type before the workspace
 * of that type, an API before its first object. Applying again changes nothing.
 * @see spec platform-mesh/topology §3
 */
import { type GroupVersionResource, type KubeObject, StatusError } from "@meshplane/apimachinery";
import type { APIBinding, APIExport, Workspace, WorkspaceType } from "@meshplane/apis";
import { platformMeshExports, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import type { MultiClusterClient } from "@meshplane/client";
import { applyObject, waitFor, type Placed } from "./apply.ts";
import { organizationsStore } from "./content/organizations.ts";
import { earlyWorkspaceTypes, organizationsAuthentication, workspaceOf, workspaceTypes } from "./content/root.ts";
import {
  coreAndSystemExports,
  ownBindings,
  providersExport,
  schemas,
  webhookConfigurations,
  welcomeIdentityProvider,
} from "./content/system.ts";
import type { PlatformMeshSettings } from "./settings.ts";

export interface BootstrapOptions {
  /** as an administrator of `root` and what is below */
  client: MultiClusterClient;
  settings: PlatformMeshSettings;
  /** told before each step: a few words */
  onStep?: (step: string) => void;
  /** the workspaces stand: what operators need to begin can be made. Their webhooks judge what comes after */
  beforeOperators?: () => Promise<void>;
  signal?: AbortSignal;
}

const exports = (version: string): GroupVersionResource => ({ group: "apis.kcp.io", version, resource: "apiexports" });
const bindings: GroupVersionResource = { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" };
const tenancy = (resource: string): GroupVersionResource => ({ group: "tenancy.kcp.io", version: "v1alpha1", resource });

/** elsewhere, the operator that judges it begins at the same time */
function webhookIsDown(error: unknown): undefined {
  if (error instanceof StatusError && error.code === 500 && error.message.includes("failed calling webhook")) return undefined;
  throw error;
}

/** @throws StatusError for what the server refuses, Error for what does not come about within a minute; running it again goes on from there */
export async function bootstrapPlatformMesh({
  client,
  settings,
  onStep = () => {},
  beforeOperators,
  signal,
}: BootstrapOptions): Promise<void> {
  const { system, organizations, providers } = platformMeshPaths;

  onStep("workspace types");
  await applyAll(earlyWorkspaceTypes());

  onStep(system);
  await applyAll([workspaceOf("root", "platform-mesh-system", "universal")]);
  await workspaceReady("platform-mesh-system");
  await applyAll(schemas());
  const tenancyIdentity = await identityOf("root", "tenancy.kcp.io");
  await applyAll([...coreAndSystemExports(tenancyIdentity), providersExport()]);
  for (const name of Object.values(platformMeshExports)) await identityOf(system, name);
  // a kcp that has not heard of the claims yet refuses for a moment what it will accept
  for (const one of ownBindings(tenancyIdentity))
    await waitFor(
      `APIBinding ${one.object.metadata.name} in ${system}`,
      () => applyObject(client, one),
      () => true,
      signal,
    );
  for (const name of [platformMeshExports.system, platformMeshExports.core])
    await waitFor(
      `APIBinding ${name} in ${system}`,
      () => client.cluster(system).resource<APIBinding & KubeObject>(bindings).get(name),
      ({ status }) => status?.phase === "Bound",
      signal,
    );
  if (settings.webhooks) await applyAll(webhookConfigurations(settings.webhooks));

  onStep(providers);
  const authentication = await audiencesOfNow();
  await applyAll([organizationsAuthentication(settings, authentication), ...workspaceTypes()]);
  for (const name of ["provider", "orgs", "org", "account", "providers"]) await typeReady(name);
  await applyAll([workspaceOf("root", "providers", "providers"), workspaceOf("root", "orgs", "orgs")]);
  await workspaceReady("providers");
  await applyAll([workspaceOf(providers, "system", "provider")]);

  onStep(organizations);
  await workspaceReady("orgs");
  await applyAll([organizationsStore()]);
  await beforeOperators?.();
  await waitFor(
    "the security operator's webhook",
    () => applyObject(client, welcomeIdentityProvider(settings)).catch(webhookIsDown),
    (applied) => applied !== undefined,
    signal,
  );

  async function applyAll(objects: readonly Placed[]): Promise<void> {
    await Promise.all(objects.map((one) => applyObject(client, one)));
  }

  async function identityOf(workspace: string, name: string): Promise<string> {
    const found = await waitFor(
      `identity of APIExport ${name} in ${workspace}`,
      () => client.cluster(workspace).resource<APIExport & KubeObject>(exports("v1alpha2")).get(name),
      ({ status }) => Boolean(status?.identityHash),
      signal,
    );
    return found.status!.identityHash!;
  }

  async function workspaceReady(name: string): Promise<void> {
    await waitFor(
      `workspace root:${name}`,
      () => client.cluster("root").resource<Workspace & KubeObject>(tenancy("workspaces")).get(name),
      ({ status }) => status?.phase === "Ready",
      signal,
    );
  }

  async function typeReady(name: string): Promise<void> {
    await waitFor(
      `WorkspaceType ${name}`,
      () => client.cluster("root").resource<WorkspaceType & KubeObject>(tenancy("workspacetypes")).get(name),
      ({ status }) => status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
      signal,
    );
  }

  /** a later start must not lock out those who could sign in before */
  async function audiencesOfNow(): Promise<string[]> {
    const { items } = await client
      .cluster(system)
      .resource<KubeObject & { status?: { managedClients?: Record<string, { clientId: string }> } }>({
        group: "core.platform-mesh.io",
        version: "v1alpha1",
        resource: "identityproviderconfigurations",
      })
      .list({ fieldSelector: "metadata.name=welcome" });
    return Object.values(items[0]?.status?.managedClients ?? {})
      .map(({ clientId }) => clientId)
      .sort();
  }
}
