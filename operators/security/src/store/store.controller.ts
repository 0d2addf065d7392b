/** A `Store` becomes a store of the relationship engine: the store itself, its model, its tuples. @see spec platform-mesh/security §5 */
import {
  type AuthorizationModel,
  organizationsStoreName,
  platformMeshFinalizers,
  platformMeshPaths,
  type RelationshipStore,
} from "@meshplane/apis/platform-mesh";
import { complete, type ControllerOptions, type LifecycleSubroutine, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import { authorizationModelResource, safetyNet, storeResource } from "../context.ts";
import { type MergedModel, mergeModules, type ModuleFile } from "../model/merge-modules.ts";
import { syncTuples } from "../tuples/managed-tuples.ts";
import { sameModel } from "./same-model.ts";

export interface StoreControllerParts {
  fga: OpenFga;
  /** modules that every organization has besides the core module */
  builtInModules: () => Promise<readonly ModuleFile[]>;
  /** the modules that others add to a store, in the order in which they count */
  extensionsOf: (store: string, cluster: string) => Promise<readonly ModuleFile[]>;
  /** told of every merge: which modules were left out, and why */
  merged: (store: string, cluster: string, result: MergedModel) => void;
}

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
        // A store is found by its name alone: one that is made elsewhere would take an organization's over.
        if (manager.engaged(cluster)?.path !== platformMeshPaths.organizations)
          return stopped(`stores are those of ${platformMeshPaths.organizations}; this one is not used`);
        const name = store.metadata.name!;
        const known = store.status?.storeId;
        if (known && (await exists(known))) return complete();
        const { stores } = await fga.listStores({ name });
        const id = stores[0]?.id ?? (await fga.createStore({ name })).id;
        // what was written belongs to the store that has gone
        const { managedTuples: _, authorizationModelId: __, ...rest } = store.status ?? {};
        store.status = { ...(id === known ? store.status : rest), storeId: id };
        return complete();
      },
      async finalize(store, { cluster }) {
        const depending = await parts.extensionsOf(store.metadata.name!, cluster);
        if (depending.length > 0) return stopped("found non-zero count of depending authorization models", safetyNet);
        if (store.status?.storeId) await fga.deleteStore({ storeId: store.status.storeId });
        return complete();
      },
    };
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
        if (known && (await isCurrent(storeId, known, result))) return complete();
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
        const { spec, status } = store;
        status!.managedTuples = await syncTuples(fga, status!.storeId!, spec.tuples ?? [], status!.managedTuples ?? []);
        return complete();
      },
      async finalize(store) {
        const { storeId, managedTuples = [] } = store.status ?? {};
        if (storeId && managedTuples.length > 0 && (await exists(storeId))) {
          await syncTuples(fga, storeId, [], managedTuples);
          store.status!.managedTuples = [];
        }
        return complete();
      },
    };
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
