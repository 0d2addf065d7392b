/** Pieces that the schemas of this room share, and a short way to write the rest. @see spec apis-served §4 */
import type { JsonSchema, ValidationRule } from "@meshplane/apimachinery";

type Extra = Omit<JsonSchema, "type">;

export const text = (extra: Extra = {}): JsonSchema => ({ type: "string", ...extra });
export const flag = (extra: Extra = {}): JsonSchema => ({ type: "boolean", ...extra });
export const integer = (extra: Extra = {}): JsonSchema => ({ type: "integer", ...extra });
export const list = (items: JsonSchema, extra: Extra = {}): JsonSchema => ({
  type: "array",
  items,
  ...extra,
});
export const mapOf = (values: JsonSchema, extra: Extra = {}): JsonSchema => ({
  type: "object",
  additionalProperties: values,
  ...extra,
});
/** An object with the given properties; the names after them are required. */
export const object = (properties: Record<string, JsonSchema>, required: string[] = [], extra: Extra = {}): JsonSchema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
  ...extra,
});
export const atomicList = (items: JsonSchema): JsonSchema => list(items, { "x-kubernetes-list-type": "atomic" });
export const setOf = (items: JsonSchema, extra: Extra = {}): JsonSchema => list(items, { "x-kubernetes-list-type": "set", ...extra });
export const mapList = (keys: string[], items: JsonSchema, extra: Extra = {}): JsonSchema =>
  list(items, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys, ...extra });

/** `x-kubernetes-validations` from pairs of rule and message. */
export const rules = (...pairs: [rule: string, message: string][]): { "x-kubernetes-validations": ValidationRule[] } => ({
  "x-kubernetes-validations": pairs.map(([rule, message]) => ({ rule, message })),
});

export const pathPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/** upstream has no `$` at its end */
export const typeNamePattern = "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?";
export const groupPattern = "^(|[a-z0-9]([-a-z0-9]*[a-z0-9](\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?)$";
export const resourcePattern = "^[a-z][-a-z0-9]*[a-z0-9]$";
export const versionPattern = "^v[1-9][0-9]*([a-z]+[1-9][0-9]*)?$";
/** initializers and terminators */
export const lifecyclePattern =
  "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(:[a-z0-9][a-z0-9]([-a-z0-9]*[a-z0-9])?))|(system:.+)$";

const metadataSchema: JsonSchema = { type: "object" };

export const workspaceName = (extra: Extra = {}): JsonSchema =>
  text({ minLength: 1, maxLength: 63, pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", ...extra });

/** The whole object of a kind: apiVersion, kind, metadata and what is given. */
export const kindSchema = (
  description: string,
  properties: Record<string, JsonSchema>,
  required: string[] = [],
  metadata: JsonSchema = metadataSchema,
): JsonSchema =>
  object(
    {
      apiVersion: text({ description: "Group and version that this object is written in." }),
      kind: text({ description: "The kind of this object." }),
      metadata,
      ...properties,
    },
    required,
    { description },
  );

export const conditionsSchema: JsonSchema = list(
  object(
    {
      type: text({ description: "What is being judged." }),
      status: text({ description: "True, False or Unknown." }),
      severity: text({ description: "Error, Warning or Info; only while the status is False." }),
      lastTransitionTime: text({
        format: "date-time",
        description: "When the status last changed.",
      }),
      reason: text({ description: "One word for programs." }),
      message: text({ description: "A sentence for people." }),
    },
    ["lastTransitionTime", "status", "type"],
  ),
  { description: "What the controllers found, one entry per question." },
);

export const labelSelectorProperties: Record<string, JsonSchema> = {
  matchExpressions: atomicList(object({ key: text(), operator: text(), values: atomicList(text()) }, ["key", "operator"])),
  matchLabels: mapOf(text()),
};
export const labelSelectorSchema = (description?: string): JsonSchema =>
  object(labelSelectorProperties, [], {
    "x-kubernetes-map-type": "atomic",
    ...(description ? { description } : {}),
  });

export const lifecycleListSchema = (description: string): JsonSchema => list(text({ pattern: lifecyclePattern }), { description });

export const phaseSchema: JsonSchema = text({
  enum: ["Scheduling", "Initializing", "Ready", "Unavailable", "Inactive", "Terminating", "Deleting"],
  default: "Scheduling",
  description: "Where it stands in its life.",
});

export const exportReferenceSchema = (extra: Extra = {}): JsonSchema =>
  object(
    {
      path: text({
        pattern: pathPattern,
        description: "Workspace of the export; empty: this one.",
      }),
      name: text({ description: "Name of the APIExport." }),
    },
    ["name"],
    extra,
  );

export const endpointsSchema: JsonSchema = mapList(
  ["url"],
  object(
    {
      url: text({ minLength: 1, description: "Where a shard serves it." }),
      shards: object({ matchAll: flag(), selector: labelSelectorSchema() }, [], {
        description: "The shards that this endpoint is for.",
        ...rules(["!(has(self.selector) && has(self.matchAll) && self.matchAll)", "matchAll and selector are mutually exclusive"]),
      }),
    },
    ["url"],
  ),
  { description: "One entry per shard that has consumers." },
);

export const secretIdentitySchema: JsonSchema = object(
  {
    secretRef: object({ name: text(), namespace: text() }, [], {
      "x-kubernetes-map-type": "atomic",
      description: "The secret whose `key` is the identity.",
    }),
  },
  [],
  { description: "What makes its objects different from those of an equal API of somebody else." },
);
