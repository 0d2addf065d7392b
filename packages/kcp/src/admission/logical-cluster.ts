/** `core.kcp.io/LogicalCluster` @see spec tenancy §4.6 */
import { equalJson, fieldInvalid } from "@meshplane/apimachinery";
import { coreGroup, inactiveAnnotation, legacyInactiveAnnotation, type LogicalCluster, pathAnnotation } from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import { isLogicalClusterAdmin, isOn, refuse } from "./requests.ts";

const ordinals: Record<string, number> = { "": 1, Scheduling: 2, Initializing: 3, Ready: 4 };

export const logicalClusterAdmission: AdmissionPlugin = {
  name: "core.kcp.io/LogicalCluster",
  handles: (request) => isOn(request, coreGroup, "logicalclusters"),

  mutate(request) {
    if (request.operation !== "UPDATE") return;
    const { spec, status } = request.object as LogicalCluster;
    if (!status || !entersInitializing(request.oldObject as LogicalCluster, request.object as LogicalCluster)) return;
    setOrDelete(status, "initializers", spec.initializers);
    setOrDelete(status, "terminators", spec.terminators);
  },

  validate(request) {
    if (isLogicalClusterAdmin(request.context.user)) return;
    const why = refusal(request.operation, request.object as LogicalCluster | undefined, request.oldObject as LogicalCluster | undefined);
    if (why !== undefined) throw refuse(request, why);
  },
};

function setOrDelete(
  status: NonNullable<LogicalCluster["status"]>,
  field: "initializers" | "terminators",
  list: string[] | undefined,
): void {
  if (list) status[field] = [...list];
  else delete status[field];
}

const phaseOf = (object: LogicalCluster): string => object.status?.phase ?? "";
const entersInitializing = (old: LogicalCluster, next: LogicalCluster): boolean =>
  phaseOf(old) !== "Initializing" && phaseOf(next) === "Initializing";
const isInactive = ({ metadata: { annotations } }: LogicalCluster): boolean =>
  annotations?.[inactiveAnnotation] === "true" || annotations?.[legacyInactiveAnnotation] === "true";

function refusal(operation: string, next: LogicalCluster | undefined, old: LogicalCluster | undefined): string | undefined {
  switch (operation) {
    case "CREATE":
      return "LogicalCluster cannot be created";
    case "DELETE":
      return old?.spec.directlyDeletable ? undefined : "LogicalCluster cannot be deleted";
    case "UPDATE":
      return refuseUpdate(old!, next!);
    default:
      return undefined;
  }
}

function refuseUpdate(old: LogicalCluster, next: LogicalCluster): string | undefined {
  if (!equalJson(old.spec.createdBy, next.spec.createdBy))
    return `spec.createdBy: ${fieldInvalid("", ordered(next.spec.createdBy), "field is immutable").detail}`;
  // stricter than upstream: everything finds the workspace by these
  if (!equalJson(old.spec.owner, next.spec.owner)) return "spec.owner is immutable";
  const path = old.metadata.annotations?.[pathAnnotation];
  if (path !== undefined && next.metadata.annotations?.[pathAnnotation] !== path)
    return `annotation "${pathAnnotation}" must match canonical path "${path}"`;
  const [oldSpec, newSpec] = [new Set(old.spec.initializers), new Set(next.spec.initializers)];
  const [oldStatus, newStatus] = [new Set(old.status?.initializers), new Set(next.status?.initializers)];
  const [from, to] = [phaseOf(old), phaseOf(next)];
  if (!sameSet(oldSpec, newSpec)) return "spec.initializers is immutable";
  if (entersInitializing(old, next) && !sameSet(newSpec, newStatus)) return "status.initializers do not equal spec.initializers";
  if (from === "Initializing" && to === "Initializing" && !newStatus.isSubsetOf(oldStatus)) return "status.initializers must not grow";
  if (to !== "Initializing" && !sameSet(oldStatus, newStatus)) return "status.initializers is immutable after initialization";
  if (from === "Initializing" && to !== "Initializing" && newStatus.size > 0) return "status.initializers is not empty";
  if ((ordinals[from] ?? 0) > (ordinals[to] ?? 0)) return `cannot transition from "${from}" to "${to}"`;
  if (to !== "Ready" && !isInactive(old) && isInactive(next))
    return `LogicalCluster can only be marked inactive in phase "Ready", but is in phase "${to}"`;
  return undefined;
}

const sameSet = (a: Set<string>, b: Set<string>): boolean => a.size === b.size && a.isSubsetOf(b);

/** fields in the order that upstream prints them */
function ordered(user: LogicalCluster["spec"]["createdBy"]): unknown {
  if (!user) return null;
  const { extra, groups, uid, username } = user;
  return { ...(username ? { username } : {}), ...(groups ? { groups } : {}), ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}
