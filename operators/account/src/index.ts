export { createAccountOperator, type AccountOperatorOptions } from "./create-account-operator.ts";
export { accountAdmission, type AdmissionResponse, type AdmissionReview } from "./admission/admission-reviews.ts";
export { type AccountRules, defaultAccountRules } from "./admission/account-admission.ts";
