/** A `Store` becomes a store of the relationship engine: the store itself, its model, its tuples. @see spec platform-mesh/security §5 */
import {
  accountObject,
  type AuthorizationModel,
  organizationsStoreName,
  platformMeshFinalizers,
  platformMeshPaths,
  type RelationshipStore,
} from "@meshplane/apis/platform-mesh";
import { complete, type ControllerOptions, type LifecycleSubroutine, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import type { AccountPlace } from "../account/account-tuples.ts";
import { authorizationModelResource, safetyNet, storeResource } from "../context.ts";
import { type MergedModel, mergeModules, type ModuleFile } from "../model/merge-modules.ts";
import { exportsChanged } from "../signals.ts";
import { missingOf, sameTuple, syncTuples } from "../tuples/managed-tuples.ts";
import { sameModel } from "./same-model.ts";

export interface StoreControllerParts {
  fga: OpenFga;
  /** modules that every organization has besides the core module */
  builtInModules: () => Promise<readonly ModuleFile[]>;
  /** the modules that others add to a store, in the order in which they count */
  extensionsOf: (store: string, cluster: string) => Promise<readonly ModuleFile[]>;
  /** AuthorizationModels that the model generator made for it, wherever they are, are deleted @returns how many there still are */
  endGenerated: (store: string, cluster: string) => Promise<number>;
  /** logical cluster of `root:orgs`, where all Stores are */
  home: () => string | undefined;
  /** its relationships were lost with an older engine, or with its store: those of its accounts are to be written again */
  lost: (store: string) => void;
  /** an account of it that must be known to the engine, the youngest if possible */
  newestAccount: (store: string) => AccountPlace | undefined;
  /** told of every merge: which modules were left out, and why */
  merged: (store: string, cluster: string, result: MergedModel) => void;
}

const lookAgainSeconds = 60;

export function storeController(manager: ManagerContext, parts: StoreControllerParts): ControllerOptions {
  const { fga } = parts;
  return {
    name: "StoreReconciler",
    for: storeResource,
    watches: [
      {
        resource: authorizationModelResource,
        initial: false,
        keys: ({ object, previous }) =>
          [object(), previous()].flatMap((one) => {
            const ref = (one as AuthorizationModel | undefined)?.spec.storeRef;
            return ref ? [{ cluster: ref.cluster, namespace: "", name: ref.name }] : [];
          }),
      },
      // whose modules count is a matter of what is bound
      {
        resource: exportsChanged,
        initial: false,
        keys: ({ key }) => {
          const cluster = parts.home();
          return cluster ? [{ cluster, namespace: "", name: key.name }] : [];
        },
      },
    ],
    workers: 8,
    reconcile: reconcileLifecycle<RelationshipStore>({
      client: manager.client,
      resource: storeResource,
      subroutines: [storeSubroutine(), modelSubroutine(), tupleSubroutine()],
    }),
  };

  function storeSubroutine(): LifecycleSubroutine<RelationshipStore> {
    return {
      name: "Store",
      finalizers: () => [platformMeshFinalizers.store],
      async process(store, { cluster }) {
        if (isForeign(cluster)) return stopped(`stores are those of ${platformMeshPaths.organizations}; this one is not used`);
        const name = store.metadata.name!;
        const known = store.status?.storeId;
        if (known && (await exists(known))) return complete();
        const id = (await adoptable(store)) ?? (await fga.createStore({ name })).id;
        // what was written belongs to the store that has gone
        const { managedTuples: _, authorizationModelId: __, ...rest } = store.status ?? {};
        store.status = { ...rest, storeId: id };
        if (known) parts.lost(name);
        return complete();
      },
      async finalize(store, { cluster }) {
        if (manager.engaged(cluster)?.path !== platformMeshPaths.organizations) return complete();
        // Those that a provider wrote stay with him, without effect: he must not be able to hold an organization that wants to go.
        if ((await parts.endGenerated(store.metadata.name!, cluster)) > 0)
          return stopped("found non-zero count of depending authorization models", safetyNet);
        if (store.status?.storeId) await fga.deleteStore({ storeId: store.status.storeId });
        return complete();
      },
    };
  }

  /**
   * A store that a pass before us made and could not tell of. One that holds more than this Store wants is of an earlier organization of that name, and nobody
   * may inherit its rights.
   */
  async function adoptable({ metadata, spec }: RelationshipStore): Promise<string | undefined> {
    const { stores } = await fga.listStores({ name: metadata.name! });
    for (const { id } of stores) {
      const { tuples, continuationToken } = await fga.read({ storeId: id, pageSize: 100 });
      const wanted = spec.tuples ?? [];
      if (!continuationToken && tuples.every(({ key }) => wanted.some((one) => sameTuple(one, key)))) return id;
    }
    return undefined;
  }

  function modelSubroutine(): LifecycleSubroutine<RelationshipStore> {
    return {
      name: "AuthorizationModel",
      async process(store, { cluster }) {
        const name = store.metadata.name!;
        const storeId = store.status!.storeId!;
        const base: ModuleFile[] = [
          { name: "core.fga", contents: store.spec.coreModule },
          ...(name === organizationsStoreName ? [] : await parts.builtInModules()),
        ];
        const result = mergeModules(base, await parts.extensionsOf(name, cluster));
        parts.merged(name, cluster, result);
        const known = store.status?.authorizationModelId;
        if (known && (await isCurrent(storeId, known, result))) {
          // somebody else's newer model, or an older engine's, would count in its stead
          const { authorizationModels } = await fga.readAuthorizationModels({ storeId, pageSize: 1 });
          if (authorizationModels[0]?.id === known) return complete();
        }
        const { authorizationModelId } = await fga.writeAuthorizationModel({ storeId, model: result.model });
        store.status!.authorizationModelId = authorizationModelId;
        return complete();
      },
    };
  }

  function tupleSubroutine(): LifecycleSubroutine<RelationshipStore> {
    return {
      name: "TupleSubroutine",
      finalizers: () => [platformMeshFinalizers.tuples],
      async process(store) {
        const { spec, status, metadata } = store;
        const managed = status!.managedTuples ?? [];
        const storeId = status!.storeId!;
        const newest = parts.newestAccount(metadata.name!);
        const lost = (await missingOf(fga, storeId, managed)) || (newest !== undefined && (await isForgotten(storeId, newest)));
        status!.managedTuples = await syncTuples(fga, storeId, spec.tuples ?? [], managed);
        if (lost) parts.lost(metadata.name!);
        // an engine that is restored from an older copy tells nobody
        return complete({ afterSeconds: lookAgainSeconds * (0.75 + Math.random() / 2) });
      },
      async finalize(store, { cluster }) {
        if (isForeign(cluster)) return complete();
        const { storeId, managedTuples = [] } = store.status ?? {};
        if (storeId && managedTuples.length > 0 && (await exists(storeId))) {
          await syncTuples(fga, storeId, [], managedTuples);
          store.status!.managedTuples = [];
        }
        return complete();
      },
    };
  }

  /** an account that was begun is in another at least */
  async function isForgotten(storeId: string, { originCluster, name }: AccountPlace): Promise<boolean> {
    const { tuples } = await fga.read({ storeId, tupleKey: { object: accountObject(originCluster, name) }, pageSize: 1 });
    return tuples.length === 0;
  }

  /** A store is found by its name, or by the id in its status: one that is made elsewhere would reach an organization's. */
  function isForeign(cluster: string): boolean {
    return manager.engaged(cluster)?.path !== platformMeshPaths.organizations;
  }

  async function exists(storeId: string): Promise<boolean> {
    try {
      await fga.getStore({ storeId });
      return true;
    } catch (error) {
      if (error instanceof OpenFgaError && error.code === "store_id_not_found") return false;
      throw error;
    }
  }

  async function isCurrent(storeId: string, id: string, { model }: MergedModel): Promise<boolean> {
    try {
      return sameModel(await fga.readAuthorizationModel({ storeId, id }), model);
    } catch (error) {
      if (error instanceof OpenFgaError && error.code === "authorization_model_not_found") return false;
      throw error;
    }
  }
}
