import type { KubeObject } from "../../kube.ts";
import type { Condition } from "../../conditions.ts";

/** A claim as v1alpha1 has it: without verbs, all objects or some. */
export interface PermissionClaimV1alpha1 {
  group?: string;
  resource: string;
  identityHash?: string;
  all?: boolean;
  resourceSelector?: { namespace?: string; name?: string }[];
}

/** @see spec apis §3.2 */
export interface APIExportV1alpha1 extends KubeObject {
  spec?: {
    latestResourceSchemas?: string[];
    identity?: { secretRef?: { namespace?: string; name?: string } };
    maximalPermissionPolicy?: { local?: Record<string, never> };
    permissionClaims?: PermissionClaimV1alpha1[];
  };
  status?: {
    identityHash?: string;
    conditions?: Condition[];
    virtualWorkspaces?: { url: string }[];
  };
}
