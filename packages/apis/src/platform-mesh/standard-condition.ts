/** meta/v1 Condition as it stands in objects. */
export interface StandardConditionObject {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration?: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}
