/** An IdentityProviderConfiguration becomes a realm with its clients, and a Secret for each of them. @see spec platform-mesh/security §9 */
import { equalJson, type JsonValue, type KubeObject } from "@meshplane/apimachinery";
import {
  clientNameLabel,
  type IdentityProviderClient,
  type IdentityProviderConfiguration,
  identityProviderNameLabel,
  platformMeshFinalizers,
  platformMeshPaths,
  type SecretReference,
  welcomeRealm,
} from "@meshplane/apis/platform-mesh";
import { found, resourceType, typed } from "@meshplane/client";
import { complete, type ControllerOptions, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { identityProviderResource, safetyNet } from "../context.ts";
import type { SecuritySettings } from "../settings.ts";
import type { IdentityProviderDriver, KnownClient, RegisteredClient } from "./driver.ts";

type Secret = KubeObject & { type?: string; data?: Record<string, string> };
const secretResource = resourceType<Secret>({ group: "", version: "v1", resource: "secrets", kind: "Secret" });

export function identityProviderController(
  manager: ManagerContext,
  driver: IdentityProviderDriver,
  { registrationAllowed }: SecuritySettings,
): ControllerOptions {
  return {
    name: "IdentityProviderConfigurationReconciler",
    for: identityProviderResource,
    workers: 8,
    reconcile: reconcileLifecycle<IdentityProviderConfiguration>({
      client: manager.client,
      resource: identityProviderResource,
      subroutines: [
        {
          name: "IdentityProviderConfiguration",
          finalizers: () => [platformMeshFinalizers.identityProvider],
          async process(configuration, { cluster }) {
            const refusal = await refusalOf(configuration, cluster);
            if (refusal !== undefined) return stopped(refusal);
            const realm = configuration.metadata.name!;
            if (!manager.engaged(platformMeshPaths.organizations))
              return stopped(`${platformMeshPaths.organizations} is not there yet`, safetyNet);
            await driver.ensureRealm(realm, { registrationAllowed: configuration.spec.registrationAllowed ?? registrationAllowed });
            await removeForgotten(configuration);
            const managed = { ...configuration.status?.managedClients };
            for (const client of configuration.spec.clients) managed[client.clientName] = await ensureClient(realm, client, managed);
            (configuration.status ??= {}).managedClients = managed;
            return complete();
          },
          async finalize(configuration, { cluster }) {
            const realm = configuration.metadata.name!;
            if ((await refusalOf(configuration, cluster)) !== undefined) return complete();
            for (const { secretRef } of Object.values(configuration.status?.managedClients ?? {})) await removeSecret(secretRef);
            // a pass that was cut short has told nobody of those that it wrote
            for (const { secretRef } of configuration.spec.clients) {
              const secret = await found(secrets().get(secretRef.name, { namespace: secretRef.namespace }));
              if (secret?.metadata.labels?.[identityProviderNameLabel] === realm) await removeSecret(secretRef);
            }
            await driver.deleteRealm(realm);
            return complete();
          },
        },
      ],
    }),
  };

  /** A realm is found by its name alone: only the platform's own workspaces may name one. */
  async function refusalOf({ metadata }: IdentityProviderConfiguration, cluster: string): Promise<string | undefined> {
    const path = manager.engaged(cluster)?.path ?? "";
    if (path !== platformMeshPaths.organizations && path !== platformMeshPaths.system)
      return `realms are those of ${platformMeshPaths.organizations}; this one is not used`;
    // the one realm is the platform's, the others are organizations'
    if ((metadata.name === welcomeRealm) !== (path === platformMeshPaths.system)) return `realm "${metadata.name}" is not ${path}'s`;
    return (await driver.realm(metadata.name!)) === "foreign" ? `realm "${metadata.name}" belongs to somebody else` : undefined;
  }

  async function removeForgotten({ metadata, spec, status }: IdentityProviderConfiguration): Promise<void> {
    const wanted = new Set(spec.clients.map(({ clientName }) => clientName));
    for (const [name, { clientId, registrationClientUri, secretRef }] of Object.entries(status?.managedClients ?? {})) {
      if (wanted.has(name)) continue;
      await driver.deleteClient(metadata.name!, {
        clientId,
        ...(registrationClientUri ? { registrationClientUri } : {}),
        ...(await tokenOf(secretRef)),
      });
      await removeSecret(secretRef);
      delete status!.managedClients![name];
    }
  }

  async function ensureClient(
    realm: string,
    { clientName, clientType, redirectUris, postLogoutRedirectUris = [], secretRef }: IdentityProviderClient,
    managed: NonNullable<NonNullable<IdentityProviderConfiguration["status"]>["managedClients"]>,
  ) {
    const before = Object.hasOwn(managed, clientName) ? managed[clientName] : undefined;
    const known: KnownClient | undefined = before && {
      clientId: before.clientId,
      ...(before.registrationClientUri ? { registrationClientUri: before.registrationClientUri } : {}),
      ...(await tokenOf(secretRef)),
    };
    const registered = await driver.ensureClient(
      realm,
      { name: clientName, type: clientType, redirectUris, postLogoutRedirectUris },
      known,
    );
    await writeSecret(realm, clientName, secretRef, registered);
    const { clientId, registrationClientUri } = registered;
    return { clientId, ...(registrationClientUri ? { registrationClientUri } : {}), secretRef };
  }

  /** in `root:orgs`, whoever the configuration belongs to */
  function secrets() {
    return typed(manager.client.cluster(platformMeshPaths.organizations), secretResource);
  }

  async function tokenOf({ name, namespace }: SecretReference): Promise<{ registrationAccessToken?: string }> {
    const secret = await found(secrets().get(name, { namespace }));
    const encoded = secret?.data?.["registration_access_token"];
    return encoded ? { registrationAccessToken: Buffer.from(encoded, "base64").toString("utf8") } : {};
  }

  async function writeSecret(realm: string, client: string, ref: SecretReference, registered: RegisteredClient): Promise<void> {
    const encode = (text: string | undefined): string => Buffer.from(text ?? "").toString("base64");
    const wanted: Secret = {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: {
        name: ref.name,
        namespace: ref.namespace,
        labels: { [identityProviderNameLabel]: realm, [clientNameLabel]: client },
      },
      data: { client_secret: encode(registered.clientSecret), registration_access_token: encode(registered.registrationAccessToken) },
    };
    const current = await found(secrets().get(ref.name, { namespace: ref.namespace }));
    if (!current) await secrets().create(wanted, { namespace: ref.namespace });
    else if (!equalJson(current.data as JsonValue, wanted.data as JsonValue))
      await secrets().update({ ...current, data: wanted.data! }, { namespace: ref.namespace });
  }

  async function removeSecret({ name, namespace }: SecretReference): Promise<void> {
    await found(secrets().delete(name, { namespace }));
  }
}
