import type { Account } from "@meshplane/apis/platform-mesh";
import { type AccountRules, changeRefusalOf, creatorPatch, refusalOf } from "./account-admission.ts";

/** admission/v1 AdmissionReview, as far as it is read. */
export interface AdmissionReview {
  apiVersion: string;
  kind: string;
  request: { uid: string; operation: string; object?: unknown; oldObject?: unknown; userInfo: { username?: string } };
}

export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { message: string; code: number };
  patch?: string;
  patchType?: "JSONPatch";
}

/** Path → what answers it; upstream's paths. @see spec platform-mesh/topology §7 */
export const accountAdmission = (rules: AccountRules): Record<string, (review: AdmissionReview["request"]) => AdmissionResponse> => ({
  "/mutate-core-platform-mesh-io-v1alpha1-account": ({ uid, object, userInfo }) => ({
    uid,
    allowed: true,
    patchType: "JSONPatch",
    patch: Buffer.from(JSON.stringify(creatorPatch(object as Account, userInfo.username ?? ""))).toString("base64"),
  }),
  "/validate-core-platform-mesh-io-v1alpha1-account": ({ uid, object, oldObject }) => {
    const refusal =
      refusalOf(object as Account, rules) ?? (oldObject ? changeRefusalOf(object as Account, oldObject as Account) : undefined);
    return refusal === undefined ? { uid, allowed: true } : { uid, allowed: false, status: { message: refusal, code: 403 } };
  },
});
