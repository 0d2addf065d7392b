/**
 * Platform Mesh on a control plane that runs: the topology is brought up, then the operators work, each with a service account of its own, over the same wire
 * as if they were elsewhere.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { bearerToken, type ClientConfig, configFor, createClient, type MultiClusterClient } from "@meshplane/client";
import { accountAdmission, createAccountOperator, defaultAccountRules } from "@meshplane/operator-account";
import {
  applyServiceAccounts,
  bootstrapPlatformMesh,
  clusterOfPath,
  followWelcomeClients,
  type OperatorName,
  operatorCredentials,
  type PlatformMeshSettings,
} from "@meshplane/operator-platform-mesh";
import { createProvidersOperator } from "@meshplane/operator-providers";
import { createSecurityOperator, identityProviderAdmission, type IdentityProviderDriver } from "@meshplane/operator-security";
import { organizationsStoreName, platformMeshPaths, type RelationshipStore } from "@meshplane/apis/platform-mesh";
import type { OpenFga } from "@meshplane/rebac";
import { openWebhookServer } from "./webhook-server.ts";

const storesResource = { group: "core.platform-mesh.io", version: "v1alpha1", resource: "stores" };
/** How long until a start is called ready though the engine, a server of its own, does not answer. */
const engineWaitMs = 10_000;

export interface PlatformOptions {
  /** of the control plane */
  url: string;
  /** serving certificate, whose names hold 127.0.0.1, and the authority that signed it; PEM */
  certificate: { ca: string; cert: string; key: string };
  /** of an administrator of all workspaces */
  adminToken: string;
  settings: PlatformMeshSettings;
  fga: OpenFga;
  identityProvider: IdentityProviderDriver;
  log: (line: string) => void;
  onStep: (step: string) => void;
}

export interface Platform {
  stop(): Promise<void>;
}

/** @returns when the topology stands and the operators have begun */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { url, certificate, fga, identityProvider, log, onStep } = options;
  const anybody: ClientConfig = { server: url, ca: certificate.ca };
  const client = createClient({ ...anybody, credentials: bearerToken(options.adminToken), userAgent: "platform-mesh-operator" });
  const stopping = new AbortController();
  const closing: (() => Promise<void>)[] = [async () => client.close()];
  try {
    const webhooks = await openWebhookServer(certificate, {
      ...accountAdmission(defaultAccountRules),
      ...identityProviderAdmission(identityProvider, []),
    });
    closing.unshift(() => webhooks.close());
    const webhook = (path: string) => ({ url: `${webhooks.url}/${path}`, ca: certificate.ca });
    const settings: PlatformMeshSettings = {
      ...options.settings,
      webhooks: {
        mutateAccount: webhook("mutate-core-platform-mesh-io-v1alpha1-account"),
        validateAccount: webhook("validate-core-platform-mesh-io-v1alpha1-account"),
        validateIdentityProvider: webhook("validate-core-platform-mesh-io-v1alpha1-identityproviderconfiguration"),
      },
    };
    await bootstrapPlatformMesh({ client, settings, onStep, signal: stopping.signal });
    onStep("operators");
    await applyServiceAccounts(client, await clusterOfPath(client, platformMeshPaths.system));

    const welcome = followWelcomeClients(client, settings, (error) => log(`platform-mesh: ${String(error)}`));
    closing.unshift(() => welcome.stop());
    const configOf = (operator: OperatorName): ClientConfig => ({
      ...configFor(anybody, `${url}/clusters/${platformMeshPaths.system}`),
      credentials: operatorCredentials(client, operator),
      userAgent: operator,
    });
    const running = [
      createAccountOperator({ config: configOf("account-operator"), log }),
      createSecurityOperator({
        config: configOf("security-operator"),
        fga,
        identityProvider,
        settings: {
          baseDomain: settings.baseDomain,
          domainCa: settings.domainCa,
          registrationAllowed: settings.registrationAllowed,
          unverifiedEmails: settings.unverifiedEmails,
        },
        log,
      }),
      createProvidersOperator({ config: configOf("providers-operator"), log }),
    ].map((operator) => operator.run(stopping.signal).catch((error: unknown) => log(`an operator has ended: ${String(error)}`)));
    closing.unshift(async () => {
      stopping.abort();
      await Promise.all(running);
    });
    if (!(await organizationsStand(client, stopping.signal)))
      log("platform-mesh: the relationship engine has not answered yet; organizations wait for it");
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function stop(): Promise<void> {
    stopping.abort();
    for (const close of closing) await close().catch((error: unknown) => log(`stopping: ${String(error)}`));
  }
}

/** Before that, nobody may found an organization. @returns false when it takes too long */
async function organizationsStand(client: MultiClusterClient, signal: AbortSignal): Promise<boolean> {
  const stores = client.cluster(platformMeshPaths.organizations).resource<RelationshipStore>(storesResource);
  for (const end = performance.now() + engineWaitMs; performance.now() < end; await sleep(10, undefined, { signal })) {
    const { status } = await stores.get(organizationsStoreName);
    if (status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) return true;
  }
  return false;
}
