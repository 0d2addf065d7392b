import type { JsonSchema } from "@meshplane/apimachinery";
import { list, object, text } from "../schema-parts.ts";

/** meta/v1 conditions, one per type. */
export const standardConditionsSchema: JsonSchema = list(
  object(
    {
      lastTransitionTime: text({ format: "date-time" }),
      message: text({ maxLength: 32768 }),
      observedGeneration: { type: "integer", format: "int64", minimum: 0 },
      reason: text({ maxLength: 1024, minLength: 1, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" }),
      status: text({ enum: ["True", "False", "Unknown"] }),
      type: text({
        maxLength: 316,
        pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
      }),
    },
    ["lastTransitionTime", "message", "reason", "status", "type"],
  ),
  { description: "What the controllers found, one entry per step, and Ready for all." },
);

/** A value of any form, kept as it is. */
export const anything = (description?: string): JsonSchema => ({
  "x-kubernetes-preserve-unknown-fields": true,
  ...(description ? { description } : {}),
});

export const tuplesSchema = (description: string): JsonSchema =>
  list(object({ object: text(), relation: text(), user: text() }, ["object", "relation", "user"]), { description });

/** when a controller looks again by itself */
export const refreshStatus: Record<string, JsonSchema> = {
  nextReconcileTime: text({ format: "date-time" }),
  observedGeneration: { type: "integer", format: "int64" },
};
