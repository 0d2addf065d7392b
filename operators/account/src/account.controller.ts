/** Where an Account becomes a workspace: the chain of steps, and what brings an account back to it. @see spec platform-mesh/accounts §4 */
import { equalJson, type JsonValue } from "@meshplane/apimachinery";
import type { APIBinding, Workspace } from "@meshplane/apis";
import { type Account, accountInfoName, platformMeshExports } from "@meshplane/apis/platform-mesh";
import {
  type Change,
  type ControllerMetrics,
  type ControllerOptions,
  type ObjectKey,
  reconcileLifecycle,
} from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { accountInfoSubroutine } from "./account-info.subroutine.ts";
import { type AccountContext, accountInfoResource, accountResource, workspaceResource, workspaceTypeResource } from "./context.ts";
import { workspaceTypeSubroutine } from "./workspace-type.subroutine.ts";
import { workspaceReadySubroutine, workspaceSubroutine } from "./workspace.subroutine.ts";

export function accountController(manager: ManagerContext, context: AccountContext, metrics?: ControllerMetrics): ControllerOptions {
  return {
    name: "AccountReconciler",
    for: accountResource,
    filter: (change) => !isStatusOnly(change),
    watches: [
      // the account's workspace, of the same name and beside it
      { resource: workspaceResource, initial: false, keys: (change) => (isSameWorkspace(change) ? [] : [change.key]) },
      // a workspace that the export reaches now: its account waits to write into it
      { resource: { group: "apis.kcp.io", resource: "apibindings" }, initial: false, keys: accountOfWorkspace },
      // an organization waits for its types
      { resource: workspaceTypeResource, initial: false, keys: ({ key, labels }) => organizationOf(key, labels) },
      // accounts wait for what is known of the account that they are in
      {
        resource: accountInfoResource,
        initial: false,
        keys: ({ key, deleted }) => (deleted || key.name !== accountInfoName ? [] : unsettledIn(key.cluster)),
      },
    ],
    workers: 8,
    ...(metrics ? { metrics } : {}),
    reconcile: reconcileLifecycle<Account>({
      client: manager.client,
      resource: accountResource,
      subroutines: [
        workspaceTypeSubroutine(context),
        workspaceSubroutine(context),
        accountInfoSubroutine(context),
        workspaceReadySubroutine(context),
      ],
    }),
  };

  /** by the path: `root:orgs:acme:dev` belongs to the account `dev` in `root:orgs:acme` */
  function accountOfWorkspace({ key, deleted, object, previous }: Change): ObjectKey[] {
    const [now, before] = [object(), previous()] as (APIBinding | undefined)[];
    if (now?.spec.reference.export?.name !== platformMeshExports.core || before?.status?.phase === "Bound") return [];
    const path = deleted ? undefined : manager.engaged(key.cluster)?.path;
    const cut = path?.lastIndexOf(":") ?? -1;
    if (!path || cut < 0) return [];
    const parent = manager.engaged(path.slice(0, cut));
    const name = path.slice(cut + 1);
    return parent && manager.lister<Account>(accountResource).get({ cluster: parent.name, name })
      ? [{ cluster: parent.name, namespace: "", name }]
      : [];
  }

  function unsettledIn(cluster: string): ObjectKey[] {
    return manager
      .lister<Account>(accountResource)
      .list({ cluster })
      .filter(({ status }) => !status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
      .map(({ metadata }) => ({ cluster, namespace: "", name: metadata.name! }));
  }
}

/** our own conditions come back as changes */
function isStatusOnly({ object, previous }: Change): boolean {
  const [now, before] = [object()?.metadata, previous()?.metadata];
  if (!now || !before || now.generation === undefined) return false;
  return (
    now.uid === before.uid &&
    now.generation === before.generation &&
    now.deletionTimestamp === before.deletionTimestamp &&
    (before.finalizers ?? []).every((one) => now.finalizers?.includes(one)) &&
    equalJson((now.labels ?? {}) as JsonValue, (before.labels ?? {}) as JsonValue)
  );
}

/** nothing of it that the steps look at is another than before */
function isSameWorkspace({ object, previous }: Change): boolean {
  const [now, before] = [object(), previous()] as (Workspace | undefined)[];
  return (
    now !== undefined &&
    before !== undefined &&
    now.metadata.uid === before.metadata.uid &&
    now.metadata.deletionTimestamp === before.metadata.deletionTimestamp &&
    now.status?.phase === before.status?.phase &&
    equalJson(now.spec as unknown as JsonValue, before.spec as unknown as JsonValue)
  );
}

function organizationOf(key: ObjectKey, labels: Change["labels"]): ObjectKey[] {
  const organization = labels && Object.hasOwn(labels, "core.platform-mesh.io/org") ? labels["core.platform-mesh.io/org"]! : undefined;
  return organization ? [{ cluster: key.cluster, namespace: "", name: organization }] : [];
}
