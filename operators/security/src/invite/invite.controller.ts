/** An Invite makes somebody known to the organization's realm. @see spec platform-mesh/security §10 */
import { accountInfoName, type Invite } from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
import { complete, type ControllerOptions, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { accountInfoResource, inviteResource, organizationOfPath, safetyNet } from "../context.ts";
import type { IdentityProviderDriver } from "../identity-provider/driver.ts";
import type { SecuritySettings } from "../settings.ts";

export const inviteController = (
  manager: ManagerContext,
  driver: IdentityProviderDriver,
  { baseDomain }: SecuritySettings,
): ControllerOptions => ({
  name: "InviteReconciler",
  for: inviteResource,
  watches: [
    {
      resource: accountInfoResource,
      initial: false,
      keys: ({ key, deleted }) =>
        deleted
          ? []
          : manager
              .lister<Invite>(inviteResource)
              .list({ cluster: key.cluster })
              .map(({ metadata }) => ({ cluster: key.cluster, namespace: "", name: metadata.name! })),
    },
  ],
  reconcile: reconcileLifecycle<Invite>({
    client: manager.client,
    resource: inviteResource,
    subroutines: [
      {
        name: "Invite",
        async process({ spec }, { cluster }) {
          const info = await found(typed(manager.client.cluster(cluster), accountInfoResource).get(accountInfoName));
          if (!info) return stopped("AccountInfo not found yet", safetyNet);
          // by the path: what AccountInfo says could have been written by whoever rules the workspace
          const realm = organizationOfPath(manager.engaged(cluster)?.path ?? "");
          if (!realm) return stopped("people are invited to organizations; this workspace is in none");
          if ((await driver.realm(realm)) !== "ours") return stopped(`realm ${realm} does not exist yet`, safetyNet);
          if (await driver.hasUser(realm, spec.email)) return complete();
          const clients = info.spec.oidc?.clients ?? {};
          const clientId = Object.hasOwn(clients, realm) ? clients[realm]?.clientId : undefined;
          if (!clientId) return stopped("client does not exist yet", safetyNet);
          await driver.inviteUser(realm, { email: spec.email, clientId, redirectUri: `https://${realm}.${baseDomain}/` });
          return complete();
        },
      },
    ],
  }),
});
