import { objectMetaSchema } from "@meshplane/apimachinery";
import type { JsonSchema } from "@meshplane/apimachinery";

/** Prefix of the components that all kinds share. */
export const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";

const ref = (name: string): object => ({ $ref: `#/components/schemas/${metaPrefix}${name}` });
const text = (description: string): object => ({ type: "string", default: "", description });
const optionalText = (description: string): object => ({ type: "string", description });

function objectMeta(): object {
  const properties: Record<string, object> = {};
  for (const [name, schema] of Object.entries(objectMetaSchema.properties!))
    properties[name] = { ...metaField(name, schema), description: fieldWords[name] ?? `The object's ${name}.` };
  return { type: "object", description: "What every stored object has besides its own content.", properties };
}

const fieldWords: Readonly<Record<string, string>> = {
  name: "Unique among the objects of its kind in its namespace; cannot change.",
  generateName: "When no name is given, the server makes one that begins with this.",
  namespace: "The namespace that the object lies in; empty for cluster-scoped kinds.",
  uid: "Set by the server; never used twice.",
  resourceVersion: "Changes with every write; opaque to clients.",
  generation: "Counts changes of what is desired.",
  creationTimestamp: "When the server created the object.",
  deletionTimestamp: "When deletion was asked for; the object goes once its finalizers are gone.",
  deletionGracePeriodSeconds: "How long deletion may take, in seconds.",
  labels: "Keys and values that selectors can match.",
  annotations: "Keys and values for tools; not selectable.",
  ownerReferences: "Objects that this one belongs to: it is collected when the last of them is gone.",
  finalizers: "What must be done before the object may go.",
  managedFields: "Who has set which fields.",
  selfLink: "No longer set.",
};

function metaField(name: string, schema: JsonSchema): object {
  if (name === "creationTimestamp" || name === "deletionTimestamp") return ref("Time");
  if (name === "managedFields") return { type: "array", items: ref("ManagedFieldsEntry"), "x-kubernetes-list-type": "atomic" };
  if (name === "ownerReferences") return { ...schema, items: ref("OwnerReference") };
  return { ...schema };
}

let known: Record<string, object> | undefined;

/** Shared components by their short name, in our own words. */
export function metaComponents(): Readonly<Record<string, object>> {
  return (known ??= {
    ObjectMeta: objectMeta(),
    ListMeta: {
      type: "object",
      description: "What every list has besides its items.",
      properties: {
        continue: optionalText("Given when there is more: the next request's `continue`."),
        remainingItemCount: { type: "integer", format: "int64", description: "How many items lie beyond this page." },
        resourceVersion: optionalText("What the list is true at."),
        selfLink: optionalText("No longer set."),
        shardInfo: ref("ShardInfo"),
      },
    },
    ShardInfo: {
      type: "object",
      description: "Which part of a list was asked for.",
      required: ["selector"],
      properties: { selector: text("The selector that chose the part.") },
    },
    OwnerReference: {
      type: "object",
      description: "An object that another one belongs to.",
      required: ["apiVersion", "kind", "name", "uid"],
      properties: {
        apiVersion: text("Group and version of the owner."),
        kind: text("Kind of the owner."),
        name: text("Name of the owner."),
        uid: text("Uid of the owner."),
        controller: { type: "boolean", description: "True for the one owner that manages the object." },
        blockOwnerDeletion: { type: "boolean", description: "Foreground deletion of the owner waits for this object." },
      },
      "x-kubernetes-map-type": "atomic",
    },
    ManagedFieldsEntry: {
      type: "object",
      description: "The fields that one manager has set.",
      properties: {
        apiVersion: optionalText("The version that the field names belong to."),
        fieldsType: optionalText("How the fields are written; always FieldsV1."),
        fieldsV1: ref("FieldsV1"),
        manager: optionalText("Who set them."),
        operation: optionalText("Apply or Update."),
        subresource: optionalText("The subresource they were set through."),
        time: ref("Time"),
      },
    },
    FieldsV1: { type: "object", description: "A set of fields as a tree of JSON keys." },
    Time: { type: "string", format: "date-time", description: "A moment, in seconds, as RFC 3339 writes it." },
    Patch: { type: "object", description: "A patch in one of the accepted formats." },
    Preconditions: {
      type: "object",
      description: "What must hold for a deletion to happen.",
      properties: {
        resourceVersion: optionalText("The version that the object must be at."),
        uid: optionalText("The uid that the object must have."),
      },
    },
    DeleteOptions: {
      type: "object",
      description: "How an object is deleted.",
      properties: {
        apiVersion: optionalText("Version of this object."),
        kind: optionalText("DeleteOptions."),
        dryRun: { type: "array", items: text("All"), description: "With All nothing is stored.", "x-kubernetes-list-type": "atomic" },
        gracePeriodSeconds: { type: "integer", format: "int64", description: "How long deletion may take, in seconds." },
        ignoreStoreReadErrorWithClusterBreakingPotential: { type: "boolean", description: "Delete what cannot be read." },
        orphanDependents: { type: "boolean", description: "Older form of propagationPolicy." },
        preconditions: ref("Preconditions"),
        propagationPolicy: optionalText("Orphan, Background or Foreground: what becomes of dependents."),
      },
    },
    Status: {
      type: "object",
      description: "What an operation led to, when it is no object.",
      properties: {
        apiVersion: optionalText("v1"),
        kind: optionalText("Status"),
        metadata: ref("ListMeta"),
        status: optionalText("Success or Failure."),
        message: optionalText("For people."),
        reason: optionalText("For programs."),
        details: ref("StatusDetails"),
        code: { type: "integer", format: "int32", description: "The HTTP status." },
      },
    },
    StatusDetails: {
      type: "object",
      description: "More about a Status.",
      properties: {
        name: optionalText("The object's name."),
        group: optionalText("The resource's group."),
        kind: optionalText("The resource or kind."),
        uid: optionalText("The object's uid."),
        causes: {
          type: "array",
          items: ref("StatusCause"),
          description: "One entry for each thing that is wrong.",
          "x-kubernetes-list-type": "atomic",
        },
        retryAfterSeconds: { type: "integer", format: "int32", description: "When to try again." },
      },
    },
    StatusCause: {
      type: "object",
      description: "One thing that is wrong.",
      properties: {
        reason: optionalText("For programs."),
        message: optionalText("For people."),
        field: optionalText("The field it is about."),
      },
    },
  });
}
