/** Which accounts may bind an export, as relationships in their organizations' stores. @see spec platform-mesh/security §11 */
import { found } from "@meshplane/client";
import type { KubeObject } from "@meshplane/apimachinery";
import {
  accountInfoName,
  accountObject,
  apiExportUser,
  type APIExportPolicy,
  organizationsStoreName,
  platformMeshExports,
  platformMeshFinalizers,
  platformMeshPaths,
  type RelationshipStore,
  type RelationshipTuple,
} from "@meshplane/apis/platform-mesh";
import { complete, type ControllerOptions, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import {
  accountInfoResource,
  apiExportPolicyResource,
  isOrganizationPath,
  logicalClusterResource,
  organizationOfPath,
  storeResource,
} from "../context.ts";
import { storeLost } from "../signals.ts";
import { writeTuples } from "../tuples/managed-tuples.ts";
import type { Workspaces } from "../workspaces.ts";
import { normalExpression, parsePathExpression, type PathExpression } from "./path-expression.ts";

export interface ApiExportPolicyParts {
  fga: OpenFga;
  workspaces: Workspaces;
  /** what the core export shows, as far as it is watched */
  lister: ManagerContext["lister"];
}

interface Grant extends RelationshipTuple {
  storeId: string;
  /** of the account's workspace */
  path: string;
}

const organizations = platformMeshPaths.organizations;
/** how long until a path that is not there is looked for again, should no change tell */
const lookAgain = { afterSeconds: 60 };

export function apiExportPolicyController(manager: ManagerContext, { fga, workspaces, lister }: ApiExportPolicyParts): ControllerOptions {
  const policies = () => manager.lister<APIExportPolicy>(apiExportPolicyResource).list();
  const keyOf = ({ metadata }: KubeObject) => ({
    cluster: metadata.annotations?.["kcp.io/cluster"] ?? "",
    namespace: "",
    name: metadata.name!,
  });
  /** an organization's store, or the account of a path, is there now: whoever speaks of it is looked at again */
  const speakingOf = (organization: string) =>
    policies()
      .filter(({ spec }) =>
        spec.allowPathExpressions.some((text) => {
          const path = normalExpression(text);
          return (
            path === `${organizations}:*` ||
            path === `${organizations}:${organization}` ||
            path.startsWith(`${organizations}:${organization}:`)
          );
        }),
      )
      .map(keyOf);
  return {
    name: "APIExportPolicyReconciler",
    for: apiExportPolicyResource,
    watches: [
      {
        resource: storeResource,
        initial: false,
        keys: ({ key, deleted, object, previous }) => {
          const id = (store: KubeObject | undefined) => (store as RelationshipStore | undefined)?.status;
          const [now, before] = [id(object()), id(previous())];
          const same =
            now?.storeId === before?.storeId && (now?.authorizationModelId === undefined) === (before?.authorizationModelId === undefined);
          return deleted || same ? [] : speakingOf(key.name);
        },
      },
      // an account's first sight in its workspace
      {
        resource: accountInfoResource,
        initial: false,
        keys: ({ key, previous, deleted }) => {
          const path = deleted || previous() ? undefined : workspaces.pathOf(key.cluster);
          if (path === undefined) return [];
          return policies()
            .filter(({ spec }) =>
              spec.allowPathExpressions.some((text) => {
                const wanted = normalExpression(text);
                return wanted === path || wanted === `${path}:*`;
              }),
            )
            .map(keyOf);
        },
      },
      // the provider's workspace
      {
        resource: logicalClusterResource,
        initial: false,
        keys: ({ key, previous, deleted }) => {
          const path = deleted || previous() ? undefined : workspaces.pathOf(key.cluster);
          return path === undefined
            ? []
            : policies()
                .filter(({ spec }) => spec.apiExportRef.clusterPath === path)
                .map(keyOf);
        },
      },
      { resource: storeLost, initial: false, keys: ({ key }) => speakingOf(key.name) },
    ],
    reconcile: reconcileLifecycle<APIExportPolicy>({
      client: manager.client,
      resource: apiExportPolicyResource,
      subroutines: [
        {
          name: "APIExportPolicySubroutine",
          finalizers: () => [platformMeshFinalizers.apiExportPolicy],
          async process(policy, { cluster }) {
            if (manager.engaged(cluster)?.path !== organizations)
              return stopped(`policies are those of ${organizations}; this one is not used`);
            const user = await exportUser(policy);
            const managed = new Set((policy.status?.managedAllowExpressions ?? []).map(normalExpression));
            const wanted = [...new Set(policy.spec.allowPathExpressions.map(normalExpression))];
            const status = (policy.status ??= {});
            const failed: string[] = [];
            if (user === undefined)
              return stopped(
                `workspace ${policy.spec.apiExportRef.clusterPath} not found, or without ${platformMeshExports.core}`,
                lookAgain,
              );
            for (const expression of managed) {
              if (wanted.includes(expression)) continue;
              try {
                await remove(policy, expression, user);
                managed.delete(expression);
              } catch (error) {
                failed.push(`${expression}: ${messageOf(error)}`);
              }
            }
            for (const expression of wanted) {
              try {
                await allow(expression, user);
                managed.add(expression);
              } catch (error) {
                failed.push(`${expression}: ${messageOf(error)}`);
              }
            }
            status.managedAllowExpressions = [...managed];
            return failed.length === 0 ? complete() : stopped(failed.join("; "), lookAgain);
          },
          async finalize(policy, { cluster }) {
            if (manager.engaged(cluster)?.path !== organizations) return complete();
            const user = await exportUser(policy);
            // whose export has gone with its workspace cannot bind anything: its name is never used again
            if (user === undefined) return complete();
            const all = new Set(
              [...policy.spec.allowPathExpressions, ...(policy.status?.managedAllowExpressions ?? [])].map(normalExpression),
            );
            for (const expression of all) {
              try {
                parsePathExpression(expression);
              } catch {
                continue;
              }
              await remove(policy, expression, user);
            }
            return complete();
          },
        },
      ],
    }),
  };

  /** undefined while the provider's workspace is not there, or does not use the core export */
  async function exportUser({ spec: { apiExportRef } }: APIExportPolicy): Promise<string | undefined> {
    const known = workspaces.clusterOf(apiExportRef.clusterPath);
    const logicalClusters = known === undefined ? undefined : workspaces.core(known, logicalClusterResource);
    const logicalCluster = logicalClusters && (await found(logicalClusters.get("cluster")));
    const cluster = logicalCluster?.metadata.annotations?.["kcp.io/cluster"];
    return cluster === undefined ? undefined : apiExportUser(cluster, apiExportRef.name);
  }

  /** @throws Error what is missing */
  async function allow(expression: string, user: string): Promise<void> {
    for (const { storeId, path: _, ...tuple } of await grantsOf(parsePathExpression(expression), user, "allow"))
      await writeTuples(fga, storeId, { writes: [tuple] });
  }

  /** What another policy of the same export allows stays. */
  async function remove(policy: APIExportPolicy, expression: string, user: string): Promise<void> {
    const { name, clusterPath } = policy.spec.apiExportRef;
    const others = new Set(
      policies()
        .filter(({ metadata, spec }) => {
          const same = spec.apiExportRef.name === name && spec.apiExportRef.clusterPath === clusterPath;
          return same && metadata.name !== policy.metadata.name && !metadata.deletionTimestamp;
        })
        .flatMap(({ spec }) => spec.allowPathExpressions.map(normalExpression)),
    );
    for (const { storeId, path, ...tuple } of await grantsOf(parsePathExpression(expression), user, "remove")) {
      const inherited = tuple.relation === "bind_inherited";
      if (others.has(inherited ? `${path}:*` : path)) continue;
      if (inherited && isOrganizationPath(path) && others.has(`${organizations}:*`)) continue;
      try {
        await writeTuples(fga, storeId, { deletes: [tuple] });
      } catch (error) {
        // with the store the tuple has gone too
        if (!(error instanceof OpenFgaError && error.code === "store_id_not_found")) throw error;
      }
    }
  }

  async function grantsOf(expression: PathExpression, user: string, what: "allow" | "remove"): Promise<Grant[]> {
    if (expression.kind === "everybody") {
      const home = workspaces.clusterOf(organizations);
      if (home === undefined) throw new Error(`${organizations} is not there yet`);
      const grants: Grant[] = [];
      for (const { metadata } of lister<RelationshipStore>(storeResource).list({ cluster: home })) {
        const name = metadata.name!;
        // an organization that has none yet brings the policy back
        const storeId = name === organizationsStoreName ? undefined : storeIdOf(home, name);
        if (storeId)
          grants.push({ storeId, path: `${organizations}:${name}`, object: accountObject(home, name), relation: "bind_inherited", user });
      }
      return grants;
    }
    const { path, organization, relation } = expression;
    const home = workspaces.clusterOf(organizations);
    const storeId = home === undefined ? undefined : storeIdOf(home, organization);
    const cluster = workspaces.clusterOf(path);
    const infos = cluster === undefined ? undefined : workspaces.core(cluster, accountInfoResource);
    const info = infos && (await found(infos.get(accountInfoName)));
    if (!info || !storeId) {
      if (what === "remove") return [];
      throw new Error(info ? `organization ${organization} has no store yet` : `account ${path} not found`);
    }
    // what its workspace says of itself must be so: administrators of accounts may write there
    const parent = path.slice(0, path.lastIndexOf(":"));
    const origin = workspaces.clusterOf(parent);
    if (origin === undefined || organizationOfPath(path) !== organization) throw new Error(`account ${path} not found`);
    return [{ storeId, path, object: accountObject(origin, path.slice(path.lastIndexOf(":") + 1)), relation, user }];
  }

  function storeIdOf(home: string, organization: string): string | undefined {
    const status = lister<RelationshipStore>(storeResource).get({ cluster: home, name: organization })?.status;
    // tuples need a model
    return status?.authorizationModelId ? status.storeId : undefined;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
