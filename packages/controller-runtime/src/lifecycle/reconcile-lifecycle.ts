import { copyJson, equalJson, hasReason, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import type { MultiClusterClient } from "@meshplane/client";
import { setStandardCondition, type StandardCondition } from "../conditions.ts";
import type { ObjectKey, Reconcile } from "../reconciler.ts";
import type { Verdict } from "./verdict.ts";

/** One idempotent part of an object's life, and how to take it back. */
export interface LifecycleSubroutine<T extends KubeObject> {
  /** also the type of its condition; in a deletion with the suffix `Finalize` */
  readonly name: string;
  /** the object is a private copy; what is changed in it is written once, after the chain. A throw is the verdict "error". */
  process(object: T, key: ObjectKey): Promise<Verdict> | Verdict;
  finalize?(object: T, key: ObjectKey): Promise<Verdict> | Verdict;
  /** kept on the object from before the first `process` until `finalize` has completed */
  finalizers?(object: T): readonly string[];
}

export interface LifecycleOptions<T extends KubeObject> {
  client: MultiClusterClient;
  resource: GroupVersionResource;
  /** in order; a deletion goes through them backwards */
  subroutines: readonly LifecycleSubroutine<T>[];
  /** false for kinds without conditions */
  conditions?: boolean;
  /** after the chain, before what it changed is written: a phase, say. `deleted` when the last finalizer goes. */
  conclude?(object: T, outcome: { ready: boolean; deleting: boolean }): void;
  /** runs when the object is gone */
  gone?(key: ObjectKey): Promise<void> | void;
  clock?: () => Date;
}

type WithStatus = KubeObject & { status?: { conditions?: StandardCondition[]; observedGeneration?: number } };

/**
 * A reconcile as Platform Mesh's controllers have it: finalizers first, then one condition per subroutine and `Ready` for all; a deletion
 * runs the chain backwards and gives each finalizer back when its subroutine has completed.
 * @throws what a subroutine threw, after the conditions that tell it are written; Conflict when somebody else wrote in between
 * @see spec platform-mesh/topology §2
 */
export function reconcileLifecycle<T extends KubeObject>(options: LifecycleOptions<T>): Reconcile {
  const { subroutines, resource, clock = () => new Date() } = options;
  const withConditions = options.conditions !== false;
  return async (key) => {
    const objects = options.client.cluster(key.cluster).resource<T>(resource);
    const namespace = key.namespace === "" ? {} : { namespace: key.namespace };
    let current: T;
    try {
      current = await objects.get(key.name, namespace);
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
      await options.gone?.(key);
      return undefined;
    }
    const deleting = current.metadata.deletionTimestamp !== undefined;
    if (!deleting) current = await addFinalizers(current);
    const next = copyJson(current);
    const chain = deleting ? subroutines.filter((one) => one.finalize && holds(next, one)).reverse() : subroutines;
    if (deleting && chain.length === 0) return undefined;

    let requeueAfterMs: number | undefined;
    let failure: { error: unknown } | undefined;
    let worst: "error" | "stopped" | "pending" | undefined;
    const suffix = deleting ? "Finalize" : "";
    if (withConditions) for (const one of chain) awaiting(next, one.name + suffix);
    for (let i = 0; i < chain.length; i++) {
      const one = chain[i]!;
      let verdict: Verdict;
      try {
        verdict = await (deleting ? one.finalize!(next, key) : one.process(next, key));
      } catch (error) {
        failure = { error };
        worst = "error";
        condition(next, one.name + suffix, "False", "Error", error instanceof Error ? error.message : String(error));
        break;
      }
      if ("requeueAfterMs" in verdict && verdict.requeueAfterMs !== undefined)
        requeueAfterMs = Math.min(requeueAfterMs ?? Infinity, verdict.requeueAfterMs);
      if (verdict.kind === "complete")
        condition(next, one.name + suffix, "True", "Complete", `${one.name}${suffix} completed successfully`);
      else if (verdict.kind === "skipped") condition(next, one.name + suffix, "True", "Skipped", verdict.message);
      else if (verdict.kind === "pending") {
        condition(next, one.name + suffix, "Unknown", "Pending", verdict.message);
        worst ??= "pending";
      } else if (verdict.kind === "stopped") {
        condition(next, one.name + suffix, "False", "Stopped", verdict.message);
        worst = "stopped";
        break;
      } else {
        for (const rest of chain.slice(i))
          condition(next, rest.name + suffix, verdict.ready ? "True" : "False", "Skipped", verdict.message);
        if (!verdict.ready) worst = "stopped";
        break;
      }
      if (deleting && (verdict.kind === "complete" || verdict.kind === "skipped") && !("requeueAfterMs" in verdict)) release(next, one);
    }
    if (worst === "error") condition(next, "Ready", "False", "Error", "one or more subroutines encountered an error");
    else if (worst === "stopped") condition(next, "Ready", "False", "Stopped", "one or more subroutines stopped the chain");
    else if (worst === "pending") condition(next, "Ready", "Unknown", "Pending", "one or more subroutines are pending");
    else condition(next, "Ready", "True", "Complete", "all subroutines completed successfully");
    options.conclude?.(next, { ready: worst === undefined, deleting });

    try {
      await write(next, current);
    } catch (error) {
      // What has gone meanwhile needs no conditions any more.
      if (!hasReason(error, "NotFound") || !deleting) throw failure ? failure.error : error;
    }
    if (failure) throw failure.error;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };

    async function addFinalizers(object: T): Promise<T> {
      const have = object.metadata.finalizers ?? [];
      const missing = subroutines.flatMap((one) => one.finalizers?.(object) ?? []).filter((name) => !have.includes(name));
      if (missing.length === 0) return object;
      const wanted = copyJson(object);
      wanted.metadata.finalizers = [...have, ...new Set(missing)];
      return objects.update(wanted, namespace);
    }

    /** status before metadata: with the last finalizer the object goes, and its conditions could not be written any more */
    async function write(changed: T, before: T): Promise<void> {
      if (!equalJson(changed["status"], before["status"])) {
        const written = await objects.updateStatus(changed, namespace);
        const { resourceVersion, managedFields } = written.metadata;
        Object.assign(changed.metadata, { resourceVersion, managedFields });
      }
      if (!equalJson(withoutStatus(changed), withoutStatus(before))) await objects.update(changed, namespace);
    }
  };

  function holds(object: T, one: LifecycleSubroutine<T>): boolean {
    const have = object.metadata.finalizers ?? [];
    return (one.finalizers?.(object) ?? []).some((name) => have.includes(name));
  }

  function release(object: T, one: LifecycleSubroutine<T>): void {
    const gone = one.finalizers?.(object) ?? [];
    object.metadata.finalizers = (object.metadata.finalizers ?? []).filter((name) => !gone.includes(name));
  }

  function awaiting(object: T, type: string): void {
    const known = (object as WithStatus).status?.conditions?.some((one) => one.type === type);
    if (!known) condition(object, type, "Unknown", "Unknown", `awaiting first reconciliation for ${type}`);
  }

  function condition(object: T, type: string, status: StandardCondition["status"], reason: string, message: string): void {
    if (!withConditions) return;
    const held = ((object as WithStatus).status ??= {});
    setStandardCondition((held.conditions ??= []), { type, status, reason, message }, clock());
  }
}

/** resourceVersion aside: a status write in between changes it */
function withoutStatus(object: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata, status: undefined } as unknown as KubeObject;
}
