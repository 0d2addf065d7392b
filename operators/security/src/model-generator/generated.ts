import type { APIBinding } from "@meshplane/apis";
import { platformMeshExports } from "@meshplane/apis/platform-mesh";

const ownExports: ReadonlySet<string> = new Set([platformMeshExports.core, platformMeshExports.system]);

/** Whether its resources come into the model by being bound: those of others are in every model already, or in none. @see spec platform-mesh/security §6 */
export const isGenerated = ({ spec }: Pick<APIBinding, "spec">): boolean => {
  const name = spec.reference.export?.name;
  return name !== undefined && !ownExports.has(name) && !name.endsWith("kcp.io");
};

/** on AuthorizationModels that were made of a binding: they end with their organization at the latest */
export const generatedLabel = "core.platform-mesh.io/generated-for";
