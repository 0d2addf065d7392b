export { createSecurityOperator, type SecurityOperator, type SecurityOperatorOptions } from "./create-security-operator.ts";
export type * from "./identity-provider/driver.ts";
export { keycloakDriver, type KeycloakOptions } from "./identity-provider/keycloak.ts";
export { defaultSecuritySettings, type SecuritySettings } from "./settings.ts";
export { identityProviderAdmission } from "./identity-provider/identity-provider-admission.ts";
