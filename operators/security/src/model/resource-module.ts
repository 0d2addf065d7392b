import { accountType, groupName, namespaceType, parentRelation, typeName } from "@meshplane/apis/platform-mesh";

/** A resource as discovery shows it. */
export interface ModelledResource {
  group: string;
  plural: string;
  singular: string;
  namespaced: boolean;
}

/**
 * - standard: members read, change and delete, owners create.
 * - privileged: owners change too; for what grants rights itself.
 */
export type Template = "standard" | "privileged";

/** The module of one resource, in OpenFGA's language. @see spec platform-mesh/security §5 @throws RangeError when its name is too long */
export function resourceModule({ group, plural, singular, namespaced }: ModelledResource, template: Template = "standard"): string {
  const parent = namespaced ? namespaceType : accountType;
  const type = typeName(group, plural, singular);
  const relation = (verb: string) => parentRelation(verb, group, plural);
  const privileged = template === "privileged";
  const write = privileged ? "owner" : "member";
  const module = (privileged ? `internal_core_types_${plural}` : plural).replaceAll(/[^A-Za-z0-9_-]/g, "_");
  const lines = [
    `module ${module}`,
    "",
    `extend type ${parent}`,
    "  relations",
    `    define ${relation("create")}: owner`,
    `    define ${relation("list")}: member`,
    `    define ${relation("watch")}: member`,
    "",
    `type ${type}`,
    "  relations",
    `    define parent: [${parent}]`,
    "    define member: [role#assignee] or owner or member from parent",
    "    define owner: [role#assignee] or owner from parent",
    "",
    "    define get: member",
    "    define watch: member",
    `    define update: ${write}`,
    `    define patch: ${write}`,
    `    define delete: ${write}`,
    ...(privileged ? ["    define bind: owner", "    define escalate: owner"] : []),
    "",
    "    define manage_iam_roles: owner",
    "    define get_iam_roles: member",
    "    define get_iam_users: member",
    "",
  ];
  return lines.join("\n");
}

/** what a module must not be given twice for */
export const resourceKey = ({ group, plural }: Pick<ModelledResource, "group" | "plural">): string =>
  `${groupName(group, plural)}/${plural}`;
