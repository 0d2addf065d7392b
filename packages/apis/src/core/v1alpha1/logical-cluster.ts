import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import type { LogicalClusterPhase } from "../../tenancy/v1alpha1/workspace.ts";
import { ageColumn, apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, flag, kindSchema, lifecycleListSchema, list, mapOf, object, phaseSchema, text } from "../../schema-parts.ts";

export const coreGroup = "core.kcp.io";
/** The name of every LogicalCluster. */
export const logicalClusterName = "cluster";

/** authentication/v1 UserInfo. */
export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export interface LogicalClusterOwner {
  apiVersion: string;
  resource: string;
  name: string;
  namespace?: string;
  cluster: string;
  uid: string;
}

/** The logical cluster itself, as an object inside it. @see spec tenancy §4 */
export interface LogicalCluster extends KubeObject {
  spec: {
    directlyDeletable?: boolean;
    owner?: LogicalClusterOwner;
    createdBy?: UserInfo;
    initializers?: string[];
    terminators?: string[];
  };
  status?: {
    URL?: string;
    phase?: LogicalClusterPhase;
    conditions?: Condition[];
    initializers?: string[];
    terminators?: string[];
  };
}

export const logicalClusters: ApiResource = apiResource(coreGroup, "LogicalCluster", [
  {
    name: "v1alpha1",
    status: true,
    columns: [
      column("Phase", ".status.phase", "Where it stands in its life"),
      column("URL", ".status.URL", "Where it is reached"),
      ageColumn,
    ],
    schema: kindSchema(
      "The logical cluster that holds this object: who made it and how far it is.",
      {
        spec: object(
          {
            createdBy: object({ extra: mapOf(list(text())), groups: list(text()), uid: text(), username: text() }, [], {
              description: "The user who asked for it.",
            }),
            directlyDeletable: flag({
              default: false,
              description: "Whether it may be deleted without its owner.",
            }),
            initializers: lifecycleListSchema("Who prepares it."),
            owner: object(
              {
                apiVersion: text({ pattern: "^([^/]+/)?[^/]+$" }),
                cluster: text({ minLength: 1 }),
                name: text({ minLength: 1 }),
                namespace: text(),
                resource: text({ minLength: 1 }),
                uid: text(),
              },
              ["apiVersion", "cluster", "name", "resource", "uid"],
              { description: "The object elsewhere that it belongs to, usually a Workspace." },
            ),
            terminators: lifecycleListSchema("Who cleans up before it goes."),
          },
          [],
          { default: {} },
        ),
        status: object(
          {
            URL: text({ description: "Where it is reached." }),
            conditions: conditionsSchema,
            initializers: lifecycleListSchema("Who has yet to prepare it."),
            phase: phaseSchema,
            terminators: lifecycleListSchema("Who has yet to clean up."),
          },
          [],
          { default: {} },
        ),
      },
      [],
      object({ name: text({ enum: [logicalClusterName] }) }),
    ),
  },
]);
