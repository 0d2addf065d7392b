import { copyJson, equalJson, hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { InProcessApi, InProcessRequest, ResourceDefinition, User } from "@meshplane/apiserver";
import {
  setStandardCondition,
  type Change,
  type ControllerOptions,
  type ObjectKey,
  type Result,
  type StandardCondition,
} from "@meshplane/controller-runtime";
import { definitionsFromCrd } from "../definition/definitions-from-crd.ts";
import { acceptNames } from "./accept-names.ts";
import { cleanupFinalizer, crdResource, isCrdConditionTrue, type Crd, type CrdNames } from "./crd.ts";

export interface CrdControllerDependencies {
  api: InProcessApi;
  /** who the controller is, as managedFields and audit show it */
  user: User;
  /** who owns the status in managedFields */
  fieldManager: string;
  /** names of a group that something else than CRDs has in a cluster */
  namesInUse?: (cluster: string, group: string) => Promise<readonly Partial<CrdNames>[]>;
  now?: () => Date;
  onError?: ControllerOptions["onError"];
}

/** Instances that are asked for at a time while a CRD's instances are deleted. */
const pageSize = 500;
/** How long to wait for finalizers of instances before looking again. */
const recheckMs = 1_000;

/**
 * The life of CRDs: their names are accepted unless another CRD of the group has them, and then they are established at once
 * (upstream takes five seconds); a deleted one first loses its instances. @see spec wire 79, 80
 */
export function crdControllerOptions(deps: CrdControllerDependencies): ControllerOptions {
  const controller = new CrdController(deps);
  return {
    name: "customresourcedefinitions",
    for: crdResource,
    reconcile: (key) => controller.reconcile(key),
    // A CRD that goes or changes its names may have set free what another one waits for.
    watches: [{ resource: crdResource, keys: (change) => controller.waitingBeside(change), initial: false }],
    ...(deps.onError ? { onError: deps.onError } : {}),
  };
}

class CrdController {
  readonly #deps: CrdControllerDependencies;
  constructor(deps: CrdControllerDependencies) {
    this.#deps = deps;
  }

  get #writer(): { fieldManager: string } {
    return { fieldManager: this.#deps.fieldManager };
  }

  get #now(): Date {
    return this.#deps.now?.() ?? new Date();
  }

  #request(
    cluster: string,
    rest: Omit<InProcessRequest, "user" | "cluster" | "resource">,
    resource: InProcessRequest["resource"] = crdResource,
  ): InProcessRequest {
    return { user: this.#deps.user, cluster, resource, ...rest };
  }

  async #list(cluster: string): Promise<Crd[]> {
    return (await this.#deps.api.list<Crd>(this.#request(cluster, { verb: "list" }))).items;
  }

  /** CRDs of the same group that have not got their names. */
  async waitingBeside(change: Change): Promise<ObjectKey[]> {
    const { cluster, name } = change.key;
    const group = name.slice(name.indexOf(".") + 1);
    const all = await this.#list(cluster);
    return all
      .filter((crd) => crd.spec.group === group && crd.metadata.name !== name && !isCrdConditionTrue(crd, "NamesAccepted"))
      .map((crd) => ({ cluster, namespace: "", name: crd.metadata.name! }));
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    let stored: Crd;
    try {
      stored = await this.#deps.api.object<Crd>(this.#request(key.cluster, { verb: "get", name: key.name }));
    } catch (error) {
      if (hasReason(error, "NotFound")) return undefined;
      throw error;
    }
    const crd = copyJson(stored);
    if (crd.metadata.deletionTimestamp != null) return this.#finalize(key, crd);
    const others = (await this.#list(key.cluster))
      .filter((other) => other.spec.group === crd.spec.group && other.metadata.name !== crd.metadata.name)
      .map((other) => other.status?.acceptedNames ?? {});
    const further = (await this.#deps.namesInUse?.(key.cluster, crd.spec.group)) ?? [];
    this.#acceptAndEstablish(crd, [...others, ...further]);
    if (!equalJson(crd.status, stored.status)) await this.#writeStatus(key, crd);
    return undefined;
  }

  #acceptAndEstablish(crd: Crd, others: readonly Partial<Crd["spec"]["names"]>[]): void {
    const status = (crd.status ??= {});
    const verdict = acceptNames(crd.spec.names, withoutEmpty(status.acceptedNames ?? {}), others);
    status.acceptedNames = verdict.acceptedNames;
    this.#condition(crd, verdict.condition);
    if (isCrdConditionTrue(crd, "Established")) return;
    this.#condition(
      crd,
      verdict.condition.status === "True"
        ? { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" }
        : { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" },
    );
  }

  #condition(crd: Crd, condition: Omit<StandardCondition, "lastTransitionTime">): void {
    const status = (crd.status ??= {});
    const conditions = (status.conditions ?? []) as StandardCondition[];
    setStandardCondition(conditions, condition, this.#now);
    status.conditions = conditions;
  }

  async #writeStatus(key: ObjectKey, crd: Crd): Promise<Crd> {
    return this.#deps.api.object<Crd>(
      this.#request(key.cluster, { verb: "update", name: key.name, subresource: "status", object: crd, options: this.#writer }),
    );
  }

  /** Deletes the instances, waits until their finalizers are done, then lets the CRD go. */
  async #finalize(key: ObjectKey, crd: Crd): Promise<Result> {
    if (!crd.metadata.finalizers?.includes(cleanupFinalizer)) return undefined;
    const definition = instancesOf(crd);
    if (definition && isCrdConditionTrue(crd, "Established")) {
      if ((await this.#deleteInstances(key.cluster, definition)) > 0) {
        const before = copyJson(crd.status);
        this.#condition(crd, {
          type: "Terminating",
          status: "True",
          reason: "InstanceDeletionInProgress",
          message: "CustomResource deletion is in progress",
        });
        if (!equalJson(before, crd.status)) await this.#writeStatus(key, crd);
        return { requeueAfterMs: recheckMs };
      }
    }
    this.#condition(crd, { type: "Terminating", status: "False", reason: "InstanceDeletionCompleted", message: "removed all instances" });
    const written = copyJson(await this.#writeStatus(key, crd));
    written.metadata.finalizers = written.metadata.finalizers?.filter((finalizer) => finalizer !== cleanupFinalizer) ?? [];
    await this.#deps.api.object(this.#request(key.cluster, { verb: "update", name: key.name, object: written, options: this.#writer }));
    return undefined;
  }

  /** @returns how many are still there afterwards */
  async #deleteInstances(cluster: string, definition: ResourceDefinition): Promise<number> {
    const { api } = this.#deps;
    let left = 0;
    let next: string | undefined;
    do {
      const options = { limit: pageSize, ...(next ? { continue: next } : {}) };
      const page = await api.list(this.#request(cluster, { verb: "list", options }, definition));
      for (const object of page.items) {
        if (object.metadata.deletionTimestamp == null) await this.#deleteInstance(cluster, definition, object);
        if (object.metadata.finalizers?.length) left++;
      }
      next = page.metadata.continue || undefined;
    } while (next);
    return left;
  }

  async #deleteInstance(cluster: string, definition: ResourceDefinition, { metadata }: KubeObject): Promise<void> {
    const at = { name: metadata.name!, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) };
    const preconditions = { uid: metadata.uid! };
    try {
      await this.#deps.api.object(this.#request(cluster, { verb: "delete", ...at, options: { preconditions } }, definition));
    } catch (error) {
      if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
    }
  }
}

const withoutEmpty = (names: Partial<Crd["spec"]["names"]>): Partial<Crd["spec"]["names"]> =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ""));

/** The stored version of the instances, served or not. */
function instancesOf(crd: Crd): ResourceDefinition | undefined {
  const storage = crd.spec.versions.find((version) => version.storage);
  const unused = (): never => {
    throw new Error("instances are only listed and deleted here");
  };
  const all = definitionsFromCrd(crd.spec, { identity: "customresources", include: "all", api: unused });
  return all.find((definition) => definition.version === storage?.name);
}
