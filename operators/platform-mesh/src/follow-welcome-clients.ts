import type { KubeObject } from "@meshplane/apimachinery";
import { type IdentityProviderConfiguration, platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { Informer, type MultiClusterClient, resourceType, typed } from "@meshplane/client";
import { applyObject } from "./apply.ts";
import { organizationsAuthentication } from "./content/root.ts";
import type { PlatformMeshSettings } from "./settings.ts";

const identityProviders = resourceType<IdentityProviderConfiguration>({
  group: "core.platform-mesh.io",
  version: "v1alpha1",
  resource: "identityproviderconfigurations",
  kind: "IdentityProviderConfiguration",
});

/**
 * Realm `welcome` gets its clients, and with them the audiences of its tokens, from the security operator: as soon as they are known, who comes from there may
 * sign in to `root:orgs`. Upstream goes through its whole bootstrap again for that.
 * @returns how to stop
 */
export function followWelcomeClients(
  client: MultiClusterClient,
  settings: PlatformMeshSettings,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let applied: string | undefined;
  let working = Promise.resolve();
  const informer = new Informer<IdentityProviderConfiguration>({
    resource: typed(client.cluster(platformMeshPaths.system), identityProviders),
    fieldSelector: "metadata.name=welcome",
    onError,
  });
  informer.addHandler({ added: bring, updated: bring });
  informer.start().catch(() => {}); // rejects only when it is stopped
  return {
    async stop() {
      await informer.stop();
      await working;
    },
  };

  function bring(object: IdentityProviderConfiguration & KubeObject): void {
    const audiences = Object.values(object.status?.managedClients ?? {})
      .map(({ clientId }) => clientId)
      .sort();
    const text = audiences.join(" ");
    if (audiences.length === 0 || text === applied) return;
    working = working
      .then(() => applyObject(client, organizationsAuthentication(settings, audiences)))
      .then(
        () => void (applied = text),
        // the next event or start brings it
        (error: unknown) => onError(error),
      );
  }
}
