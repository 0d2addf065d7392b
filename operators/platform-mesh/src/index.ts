export { bootstrapPlatformMesh, type BootstrapOptions } from "./bootstrap.ts";
export { defaultSettings, type PlatformMeshSettings, type WebhookEndpoint } from "./settings.ts";
export { organizationsAuthentication } from "./content/root.ts";
export { applyObject } from "./apply.ts";
export { applyServiceAccounts, clusterOfPath, operatorCredentials, operatorNames, type OperatorName } from "./service-accounts.ts";
export { followWelcomeClients } from "./follow-welcome-clients.ts";
