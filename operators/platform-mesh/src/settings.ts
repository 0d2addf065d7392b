export interface WebhookEndpoint {
  /** https URL, as the API server reaches it */
  url: string;
  /** PEM */
  ca: string;
}

/** What an installation may decide. @see spec platform-mesh/topology §2, §9 */
export interface PlatformMeshSettings {
  /** host and, unless it is 443, port of the portal: `portal.localhost:8443`. Realms are below `https://<it>/keycloak/realms/` */
  baseDomain: string;
  /** PEM, of whoever signs the base domain's certificate; empty: public authorities */
  domainCa: string;
  registrationAllowed: boolean;
  /** development: mail addresses count though nobody has verified them */
  unverifiedEmails: boolean;
  welcomeRedirectUris: readonly string[];
  welcomePostLogoutRedirectUris: readonly string[];
  /** the operators' admission webhooks; without: none are registered, and those that were are removed */
  webhooks?: { mutateAccount: WebhookEndpoint; validateAccount: WebhookEndpoint; validateIdentityProvider: WebhookEndpoint };
}

export const defaultSettings: PlatformMeshSettings = {
  baseDomain: "portal.localhost:8443",
  domainCa: "",
  registrationAllowed: true,
  unverifiedEmails: false,
  welcomeRedirectUris: [],
  welcomePostLogoutRedirectUris: [],
};
