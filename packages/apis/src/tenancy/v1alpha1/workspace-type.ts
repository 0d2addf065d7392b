import type { KubeObject, PolicyRule } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";
import { apiResource, type ApiResource } from "../../api-resource.ts";
import {
  atomicList,
  conditionsSchema,
  flag,
  kindSchema,
  list,
  mapOf,
  object,
  pathPattern,
  text,
  workspaceName,
} from "../../schema-parts.ts";
import { tenancyGroup, typeReferenceSchema, type WorkspaceTypeReference } from "./workspace.ts";

export interface WorkspaceTypeLimit {
  none?: boolean;
  types?: WorkspaceTypeReference[];
}

/** What workspaces of a type have in common. @see spec tenancy §5 */
export interface WorkspaceType extends KubeObject {
  spec?: {
    initializer?: boolean;
    terminator?: boolean;
    initializerPermissions?: PolicyRule[];
    terminatorPermissions?: PolicyRule[];
    extend?: { with?: WorkspaceTypeReference[] };
    additionalWorkspaceLabels?: Record<string, string>;
    defaultChildWorkspaceType?: WorkspaceTypeReference;
    limitAllowedChildren?: WorkspaceTypeLimit;
    limitAllowedParents?: WorkspaceTypeLimit;
    defaultAPIBindings?: { path?: string; export: string }[];
    defaultAPIBindingLifecycle?: "InitializeOnly" | "Maintain";
    authenticationConfigurations?: { name: string }[];
  };
  status?: {
    conditions?: Condition[];
    virtualWorkspaces?: { url: string; type?: "initializing" | "terminating" }[];
  };
}

const policyRules = (description: string) =>
  list(
    object(
      {
        apiGroups: atomicList(text()),
        nonResourceURLs: atomicList(text()),
        resourceNames: atomicList(text()),
        resources: atomicList(text()),
        verbs: atomicList(text()),
      },
      ["verbs"],
    ),
    { description },
  );

const limit = (description: string) =>
  object(
    {
      none: flag({ description: "No type at all." }),
      types: list(typeReferenceSchema("An allowed type."), {
        minItems: 1,
        description: "Only these types.",
      }),
    },
    [],
    { oneOf: [{ required: ["none"] }, { required: ["types"] }], description },
  );

export const workspaceTypes: ApiResource = apiResource(tenancyGroup, "WorkspaceType", [
  {
    name: "v1alpha1",
    status: true,
    schema: kindSchema(
      "How workspaces of a type begin, what they are allowed to hold, and who takes part in their life.",
      {
        spec: object({
          additionalWorkspaceLabels: mapOf(text(), {
            description: "Labels that every new workspace gets.",
          }),
          authenticationConfigurations: list(object({ name: text() }, ["name"]), {
            description: "WorkspaceAuthenticationConfigurations, beside this type, that workspaces accept.",
          }),
          defaultAPIBindingLifecycle: text({
            enum: ["InitializeOnly", "Maintain"],
            description: "Whether the default bindings are kept as the exports say.",
          }),
          defaultAPIBindings: list(
            object(
              {
                export: text({ description: "Name of the APIExport." }),
                path: text({
                  pattern: pathPattern,
                  description: "Its workspace; empty: that of this type.",
                }),
              },
              ["export"],
            ),
            { description: "Bindings that every new workspace begins with." },
          ),
          defaultChildWorkspaceType: typeReferenceSchema("Type of children that do not name one.", {
            default: { name: "universal", path: "root" },
          }),
          extend: object({ with: list(typeReferenceSchema("A type that this one includes.")) }, [], {
            description: "Types whose initializers, bindings and limits apply too.",
          }),
          initializer: flag({
            description: "New workspaces wait until this type's initializer is done.",
          }),
          initializerPermissions: policyRules("What the initializer may do in the workspace; empty: what the owner may."),
          limitAllowedChildren: limit("Types that workspaces inside may have."),
          limitAllowedParents: limit("Types that the surrounding workspace may have."),
          terminator: flag({ description: "Deletion waits until this type's terminator is done." }),
          terminatorPermissions: policyRules("What the terminator may do in the workspace; empty: what the owner may."),
        }),
        status: object({
          conditions: conditionsSchema,
          virtualWorkspaces: list(
            object(
              {
                type: text({ enum: ["initializing", "terminating"] }),
                url: text({ minLength: 1 }),
              },
              ["url"],
            ),
            { description: "Where initializers and terminators find their workspaces." },
          ),
        }),
      },
      [],
      object({ name: workspaceName({ not: { enum: ["system", "any"] } }) }),
    ),
  },
]);
