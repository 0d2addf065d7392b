/** What becomes of an AuthorizationModel: its module is merged with the store's, its tuples are kept there. @see spec platform-mesh/security §2, §6 */
import { type AuthorizationModel, platformMeshFinalizers, type RelationshipTuple } from "@meshplane/apis/platform-mesh";
import { found, typed } from "@meshplane/client";
import {
  complete,
  type ControllerOptions,
  type LifecycleSubroutine,
  reconcileLifecycle,
  stopped,
  type Verdict,
} from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { type OpenFga, OpenFgaError } from "@meshplane/rebac";
import { authorizationModelResource, safetyNet, storeResource } from "../context.ts";
import { modelMerged } from "../signals.ts";
import { syncTuples } from "../tuples/managed-tuples.ts";
import type { ExtensionIndex } from "./extension-index.ts";
import { boundsOf, type BoundsParts, extensionName } from "./extensions.ts";

export interface AuthorizationModelParts {
  fga: OpenFga;
  index: ExtensionIndex;
  bounds: BoundsParts;
  /** of the store's last merge: why this module was left out; undefined when it is in; null when there was none yet */
  leftOut: (store: string, cluster: string, extension: string) => string | undefined | null;
}

export function authorizationModelController(
  manager: ManagerContext,
  { fga, index, bounds, leftOut }: AuthorizationModelParts,
): ControllerOptions {
  return {
    name: "AuthorizationModelReconciler",
    for: authorizationModelResource,
    watches: [
      // what was left out may have changed, and tuples wait for their types
      {
        resource: modelMerged,
        initial: false,
        keys: ({ key }) => index.of(key.name, key.cluster).map((one) => one.key),
      },
    ],
    reconcile: reconcileLifecycle<AuthorizationModel>({
      client: manager.client,
      resource: authorizationModelResource,
      // its tuples are of types that the module brings
      subroutines: [{ name: "ModelSubroutine", process: (model, { cluster }) => mergeOutcome(model, cluster) }, tupleSubroutine()],
    }),
  };

  function tupleSubroutine(): LifecycleSubroutine<AuthorizationModel> {
    return {
      name: "TupleSubroutine",
      finalizers: () => [platformMeshFinalizers.tuples],
      async process(model, { cluster }) {
        const wanted = model.spec.tuples ?? [];
        const managed = await ownOf(model, cluster);
        const limits = wanted.length > 0 ? await boundsOf(bounds, cluster, model.spec.storeRef.name) : undefined;
        const refusal = limits && wanted.map((tuple) => limits.refuseTuple(tuple)).find((why) => why !== undefined);
        if (refusal !== undefined) {
          await removeTuples(model, cluster);
          return stopped(refusal);
        }
        if (wanted.length === 0 && managed.length === 0) return complete();
        const storeId = await storeIdOf(model);
        if (!storeId) return stopped("store is not ready yet", safetyNet);
        (model.status ??= {}).managedTuples = await syncTuples(fga, storeId, wanted, managed);
        return complete();
      },
      async finalize(model, { cluster }) {
        await removeTuples(model, cluster);
        return complete();
      },
    };
  }

  async function removeTuples(model: AuthorizationModel, cluster: string): Promise<void> {
    const managed = await ownOf(model, cluster);
    const storeId = managed.length > 0 ? await storeIdOf(model) : undefined;
    if (!storeId) return;
    try {
      model.status!.managedTuples = await syncTuples(fga, storeId, [], managed);
    } catch (error) {
      // with their store they have gone too
      if (!(error instanceof OpenFgaError && error.code === "store_id_not_found")) throw error;
    }
  }

  /**
   * Of what the status says, since its provider may write into it: what he may have written at all. What he exports and the organization has not bound, or no
   * longer, is his as long as it is not what another provider shares with it.
   */
  async function ownOf({ status, spec: { storeRef } }: AuthorizationModel, cluster: string): Promise<RelationshipTuple[]> {
    const managed = status?.managedTuples ?? [];
    const limits = managed.length > 0 ? await boundsOf(bounds, cluster) : undefined;
    if (!limits) return managed;
    const possible = managed.filter((tuple) => limits.refuseTuple(tuple) === undefined);
    const bound = await boundsOf(bounds, cluster, storeRef.name);
    const isBound = (tuple: RelationshipTuple): boolean => bound?.refuseTuple(tuple) === undefined;
    if (possible.every(isBound)) return possible;
    const others = new Set(index.of(storeRef.name, storeRef.cluster).map(({ key }) => key.cluster));
    others.delete(cluster);
    const theirs = await Promise.all([...others].map((other) => boundsOf(bounds, other, storeRef.name)));
    return possible.filter((tuple) => isBound(tuple) || !theirs.some((one) => one?.refuseTuple(tuple) === undefined));
  }

  async function storeIdOf({ spec: { storeRef } }: AuthorizationModel): Promise<string | undefined> {
    if (!manager.engaged(storeRef.cluster)) return undefined;
    const store = await found(typed(manager.client.cluster(storeRef.cluster), storeResource).get(storeRef.name));
    return store?.status?.storeId;
  }

  /** The store's controller merges; here it is told. */
  async function mergeOutcome(model: AuthorizationModel, cluster: string): Promise<Verdict> {
    const { name, cluster: home } = model.spec.storeRef;
    const why = leftOut(name, home, extensionName({ cluster, namespace: "", name: model.metadata.name! }));
    if (why === null) {
      // after a start the store's first merge is still to come, and that brings us back
      const before = model.status?.conditions?.find(({ type }) => type === "ModelSubroutine");
      return before?.status === "True" ? complete() : stopped("store is not ready yet", safetyNet);
    }
    if (why === undefined) return complete();
    await removeTuples(model, cluster);
    return stopped(`left out of the model: ${why}`);
  }
}
