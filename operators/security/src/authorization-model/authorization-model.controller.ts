/** What becomes of an AuthorizationModel: its module is merged with the store's, its tuples are kept there. @see spec platform-mesh/security §2, §6 */
import { type AuthorizationModel, platformMeshFinalizers } from "@meshplane/apis/platform-mesh";
import { typed } from "@meshplane/client";
import { complete, type ControllerOptions, type LifecycleSubroutine, reconcileLifecycle, stopped } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import type { OpenFga } from "@meshplane/rebac";
import { authorizationModelResource, safetyNet, storeResource } from "../context.ts";
import { found } from "../found.ts";
import { syncTuples } from "../tuples/managed-tuples.ts";
import type { ExtensionIndex } from "./extension-index.ts";
import { boundsOf, extensionName } from "./extensions.ts";

export interface AuthorizationModelParts {
  fga: OpenFga;
  index: ExtensionIndex;
  /** of the store's last merge: why this module was left out; undefined when it is in; null when there was none yet */
  leftOut: (store: string, cluster: string, extension: string) => string | undefined | null;
}

export function authorizationModelController(manager: ManagerContext, { fga, index, leftOut }: AuthorizationModelParts): ControllerOptions {
  return {
    name: "AuthorizationModelReconciler",
    for: authorizationModelResource,
    watches: [
      {
        resource: storeResource,
        initial: false,
        keys: ({ key }) => index.of(key.name, key.cluster).map((one) => one.key),
      },
    ],
    reconcile: reconcileLifecycle<AuthorizationModel>({
      client: manager.client,
      resource: authorizationModelResource,
      subroutines: [tupleSubroutine(), { name: "ModelSubroutine", process: (model, { cluster }) => mergeOutcome(model, cluster) }],
    }),
  };

  function tupleSubroutine(): LifecycleSubroutine<AuthorizationModel> {
    return {
      name: "TupleSubroutine",
      finalizers: () => [platformMeshFinalizers.tuples],
      async process(model, { cluster }) {
        const wanted = model.spec.tuples ?? [];
        const bounds = wanted.length > 0 ? await boundsOf(manager, cluster) : undefined;
        const refusal = bounds && wanted.map((tuple) => bounds.refuseTuple(tuple)).find((why) => why !== undefined);
        if (refusal !== undefined) return stopped(refusal);
        const managed = model.status?.managedTuples ?? [];
        if (wanted.length === 0 && managed.length === 0) return complete();
        const storeId = await storeIdOf(model);
        if (!storeId) return stopped("store is not ready yet", safetyNet);
        (model.status ??= {}).managedTuples = await syncTuples(fga, storeId, wanted, managed);
        return complete();
      },
      async finalize(model) {
        const managed = model.status?.managedTuples ?? [];
        const storeId = managed.length > 0 ? await storeIdOf(model) : undefined;
        if (storeId) await syncTuples(fga, storeId, [], managed);
        return complete();
      },
    };
  }

  async function storeIdOf({ spec: { storeRef } }: AuthorizationModel): Promise<string | undefined> {
    if (!manager.engaged(storeRef.cluster)) return undefined;
    const store = await found(typed(manager.client.cluster(storeRef.cluster), storeResource).get(storeRef.name));
    return store?.status?.storeId;
  }

  /** The store's controller merges; here it is told. */
  function mergeOutcome(model: AuthorizationModel, cluster: string) {
    const { name, cluster: home } = model.spec.storeRef;
    const why = leftOut(name, home, extensionName({ cluster, namespace: "", name: model.metadata.name! }));
    if (why === null) return stopped("store is not ready yet", safetyNet);
    return why === undefined ? complete() : stopped(`left out of the model: ${why}`);
  }
}
