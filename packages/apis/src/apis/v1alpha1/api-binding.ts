import type { KubeObject } from "../../kube.ts";
import type { APIBinding } from "../v1alpha2/api-binding.ts";
import type { PermissionClaimV1alpha1 } from "./api-export.ts";

export interface AcceptablePermissionClaimV1alpha1 extends PermissionClaimV1alpha1 {
  state: "Accepted" | "Rejected";
}

export interface APIBindingV1alpha1 extends KubeObject {
  spec: {
    reference: APIBinding["spec"]["reference"];
    permissionClaims?: AcceptablePermissionClaimV1alpha1[];
  };
  status?: Omit<NonNullable<APIBinding["status"]>, "appliedPermissionClaims" | "exportPermissionClaims"> & {
    appliedPermissionClaims?: PermissionClaimV1alpha1[];
    exportPermissionClaims?: PermissionClaimV1alpha1[];
  };
}
