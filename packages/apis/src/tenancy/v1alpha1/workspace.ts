import type { KubeObject, LabelSelectorObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import {
  conditionsSchema,
  kindSchema,
  labelSelectorSchema,
  lifecycleListSchema,
  object,
  pathPattern,
  phaseSchema,
  rules,
  text,
  typeNamePattern,
  workspaceName,
} from "../../schema-parts.ts";

export const tenancyGroup = "tenancy.kcp.io";

export type LogicalClusterPhase = "Scheduling" | "Initializing" | "Ready" | "Unavailable" | "Inactive" | "Terminating" | "Deleting";

export interface WorkspaceTypeReference {
  name: string;
  path?: string;
}

export interface Mount {
  ref: { apiVersion: string; kind: string; name: string; namespace?: string };
}

/** What a parent asks for: a logical cluster of its own, or a mount. @see spec tenancy §3 */
export interface Workspace extends KubeObject {
  spec: {
    type?: WorkspaceTypeReference;
    location?: { selector?: LabelSelectorObject };
    cluster?: string;
    URL?: string;
    mount?: Mount;
  };
  status?: {
    phase?: LogicalClusterPhase;
    conditions?: Condition[];
    initializers?: string[];
    terminators?: string[];
  };
}

export const typeReferenceSchema = (description: string, extra: object = {}) =>
  object(
    {
      name: text({ pattern: typeNamePattern, description: "Name of the WorkspaceType." }),
      path: text({ pattern: pathPattern, description: "Workspace that holds the type." }),
    },
    ["name"],
    { description, ...extra },
  );

export const workspaces: ApiResource = apiResource(
  tenancyGroup,
  "Workspace",
  [
    {
      name: "v1alpha1",
      status: true,
      columns: [
        column("Type", ".spec.type.name", "The workspace type"),
        column("Region", ".metadata.labels['region']", "Region of its shard"),
        column("Phase", ".status.phase", "Where it stands in its life"),
        column("URL", ".spec.URL", "Where it is reached"),
        ageColumn,
      ],
      schema: kindSchema(
        "A place of its own for APIs and objects, below the workspace that holds this object.",
        {
          spec: object(
            {
              URL: text({ description: "Where the workspace is reached; set by the scheduler." }),
              cluster: text({
                description: "Name of the logical cluster behind it; set by the scheduler.",
                ...rules(["self == oldSelf", "cluster is immutable"]),
              }),
              location: object({ selector: labelSelectorSchema("Shards that may host it.") }, [], {
                description: "Where it should be placed.",
              }),
              mount: object(
                {
                  ref: object(
                    {
                      apiVersion: text(),
                      kind: text(),
                      name: text(),
                      namespace: text(),
                    },
                    ["apiVersion", "kind", "name"],
                    {
                      description: "The object that is mounted.",
                      ...rules(
                        ["has(self.apiVersion) == has(oldSelf.apiVersion)", "apiVersion is immutable"],
                        ["has(self.kind) == has(oldSelf.kind)", "kind is immutable"],
                        ["has(self.name) == has(oldSelf.name)", "name is immutable"],
                      ),
                    },
                  ),
                },
                ["ref"],
                {
                  description: "Makes this workspace a door to something else instead of a logical cluster.",
                  ...rules(["self == oldSelf", "mount is immutable"]),
                },
              ),
              type: typeReferenceSchema("What kind of workspace this is; by default what the parent's type says.", {
                ...rules(
                  ["self.name == oldSelf.name", "name is immutable"],
                  ["has(self.path) == has(oldSelf.path)", "path is immutable"],
                  ["!has(self.path) || !has(oldSelf.path) || self.path == oldSelf.path", "path is immutable"],
                ),
              }),
            },
            [],
            {
              default: {},
              ...rules(
                ["has(self.URL) || !has(oldSelf.URL)", "URL cannot be unset"],
                ["has(self.cluster) || !has(oldSelf.cluster)", "cluster cannot be unset"],
              ),
            },
          ),
          status: object(
            {
              conditions: conditionsSchema,
              initializers: lifecycleListSchema("Who has yet to prepare it."),
              phase: phaseSchema,
              terminators: lifecycleListSchema("Who has yet to clean up before it goes."),
            },
            [],
            { default: {} },
          ),
        },
        ["spec"],
        object({ name: workspaceName() }),
      ),
    },
  ],
  { shortNames: ["ws"] },
);
