import type { KubeObject } from "@meshplane/apimachinery";

export type ConditionStatus = "True" | "False" | "Unknown";
/** Only with status False, and absent then means Error. */
export type ConditionSeverity = "Error" | "Warning" | "Info";

/** The form that kcp's own APIs have. */
export interface Condition {
  type: string;
  status: ConditionStatus;
  severity?: ConditionSeverity;
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}

/** meta/v1 Condition: the form of Kubernetes' own and most other APIs. */
export interface StandardCondition {
  type: string;
  status: ConditionStatus;
  observedGeneration?: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

const readyType = "Ready";

type WithConditions = KubeObject & { status?: { conditions?: Condition[] } };

const conditionsOf = (object: KubeObject): Condition[] => (object as WithConditions).status?.conditions ?? [];

export const getCondition = (object: KubeObject, type: string): Condition | undefined =>
  conditionsOf(object).find((condition) => condition.type === type);

export const isConditionTrue = (object: KubeObject, type: string): boolean => getCondition(object, type)?.status === "True";

export const markTrue = (object: KubeObject, type: string, now?: Date): void => setCondition(object, { type, status: "True" }, now);

export const markFalse = (
  object: KubeObject,
  type: string,
  reason: string,
  severity: ConditionSeverity,
  message: string,
  now?: Date,
): void => setCondition(object, { type, status: "False", reason, severity, message }, now);

export const markUnknown = (object: KubeObject, type: string, reason: string, message: string, now?: Date): void =>
  setCondition(object, { type, status: "Unknown", reason, message }, now);

/**
 * Sets a condition in kcp's form. The transition time changes only when something else does. Order: Ready first, then by type.
 */
export function setCondition(object: KubeObject, condition: Omit<Condition, "lastTransitionTime">, now: Date = new Date()): void {
  const known = getCondition(object, condition.type);
  if (known && sameCondition(known, condition)) return;
  const next: Condition = { ...condition, lastTransitionTime: timestamp(now) };
  const status = ((object as WithConditions).status ??= {});
  status.conditions = [...conditionsOf(object).filter(({ type }) => type !== condition.type), next].sort(byReadyThenType);
}

export function deleteCondition(object: KubeObject, type: string): void {
  const status = (object as WithConditions).status;
  if (status?.conditions) status.conditions = status.conditions.filter((it) => it.type !== type);
}

/**
 * Ready, from the conditions named (all but Ready by default): False before True before Unknown, Error before Warning before Info;
 * reason and message of the first that decides. Nothing to sum up: Ready is left alone.
 */
export function setSummary(object: KubeObject, types?: readonly string[], now?: Date): void {
  const considered = conditionsOf(object).filter(({ type }) => type !== readyType && (!types || types.includes(type)));
  if (considered.length === 0) return;
  // "sort" is stable: among equals the order by type decides
  const worst = [...considered].sort((a, b) => weight(a) - weight(b))[0]!;
  const { status, severity, reason, message } = worst;
  setCondition(
    object,
    status === "True"
      ? { type: readyType, status }
      : {
          type: readyType,
          status,
          ...(severity ? { severity } : {}),
          ...(reason ? { reason } : {}),
          ...(message ? { message } : {}),
        },
    now,
  );
}

/** Sets a condition in Kubernetes' own form, in place, at the end when it is new. The transition time follows the status alone. */
export function setStandardCondition(
  conditions: StandardCondition[],
  condition: Omit<StandardCondition, "lastTransitionTime">,
  now: Date = new Date(),
): boolean {
  const index = conditions.findIndex(({ type }) => type === condition.type);
  if (index < 0) {
    conditions.push({ ...condition, lastTransitionTime: timestamp(now) });
    return true;
  }
  const known = conditions[index]!;
  const lastTransitionTime = known.status === condition.status ? known.lastTransitionTime : timestamp(now);
  const changed =
    known.status !== condition.status ||
    known.reason !== condition.reason ||
    known.message !== condition.message ||
    known.observedGeneration !== condition.observedGeneration;
  if (changed) conditions[index] = { ...condition, lastTransitionTime };
  return changed;
}

/** Kubernetes' metav1.Time: seconds, UTC. */
export const timestamp = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const sameCondition = (a: Condition, b: Omit<Condition, "lastTransitionTime">): boolean =>
  a.status === b.status &&
  (a.severity ?? "") === (b.severity ?? "") &&
  (a.reason ?? "") === (b.reason ?? "") &&
  (a.message ?? "") === (b.message ?? "");

function byReadyThenType(a: Condition, b: Condition): number {
  if (a.type === b.type) return 0;
  if (a.type === readyType) return -1;
  if (b.type === readyType) return 1;
  return a.type < b.type ? -1 : 1;
}

function weight({ status, severity }: Condition): number {
  if (status === "False") return severity === "Info" ? 2 : severity === "Warning" ? 1 : 0;
  return status === "True" ? 3 : 4;
}
