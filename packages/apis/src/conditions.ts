/** Conditions as kcp writes them: with a severity, `Ready` first, the rest by type. @see spec tenancy §3.4 */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  severity?: "Error" | "Warning" | "Info";
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}

/** Anything with `status.conditions`. */
export interface WithConditions {
  status?: { conditions?: Condition[] };
}

export const findCondition = (object: WithConditions, type: string): Condition | undefined =>
  object.status?.conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (object: WithConditions, type: string): boolean =>
  findCondition(object, type)?.status === "True";
export const isConditionFalse = (object: WithConditions, type: string): boolean =>
  findCondition(object, type)?.status === "False";

/** Sets one condition; its transition time moves only when something but the time changes. `now` is RFC 3339. */
export function setCondition(
  object: WithConditions,
  condition: Omit<Condition, "lastTransitionTime">,
  now: string,
): void {
  const status = (object.status ??= {});
  const conditions = (status.conditions ??= []);
  const at = conditions.findIndex(({ type }) => type === condition.type);
  const next = tidy(condition, now);
  if (at < 0) conditions.push(next);
  else if (!same(conditions[at]!, next)) conditions[at] = next;
  conditions.sort(byTypeReadyFirst);
}

export const markTrue = (object: WithConditions, type: string, now: string): void =>
  setCondition(object, { type, status: "True" }, now);

export const markFalse = (
  object: WithConditions,
  type: string,
  reason: string,
  severity: NonNullable<Condition["severity"]>,
  message: string,
  now: string,
): void => setCondition(object, { type, status: "False", severity, reason, message }, now);

export function deleteCondition(object: WithConditions, type: string): void {
  if (object.status?.conditions)
    object.status.conditions = object.status.conditions.filter((c) => c.type !== type);
}

const severityRank = { Error: 0, Warning: 1, Info: 2 } as const;

/**
 * `Ready` as the summary of the named conditions (all by default): False with what is worst, by severity; Unknown before True.
 * Conditions that are not there do not count.
 */
export function setReadySummary(
  object: WithConditions,
  now: string,
  types?: readonly string[],
): void {
  const all = (object.status?.conditions ?? []).filter(
    ({ type }) => type !== "Ready" && (types === undefined || types.includes(type)),
  );
  if (all.length === 0) return;
  const wrong = all
    .filter(({ status }) => status === "False")
    .sort((a, b) => severityRank[a.severity ?? "Info"] - severityRank[b.severity ?? "Info"])[0];
  const worst = wrong ?? all.find(({ status }) => status === "Unknown");
  if (!worst) return markTrue(object, "Ready", now);
  setCondition(object, { ...worst, type: "Ready" }, now);
}

function tidy(condition: Omit<Condition, "lastTransitionTime">, now: string): Condition {
  const { type, status, severity, reason, message } = condition;
  return {
    type,
    status,
    ...(status === "False" && severity ? { severity } : {}),
    lastTransitionTime: now,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  };
}

const same = (a: Condition, b: Condition): boolean =>
  a.status === b.status &&
  a.severity === b.severity &&
  a.reason === b.reason &&
  a.message === b.message;

const byTypeReadyFirst = (a: Condition, b: Condition): number =>
  a.type === b.type
    ? 0
    : a.type === "Ready"
      ? -1
      : b.type === "Ready"
        ? 1
        : a.type < b.type
          ? -1
          : 1;
