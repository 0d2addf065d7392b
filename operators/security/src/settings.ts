/** What an installation may decide; upstream's flags. @see spec platform-mesh/security §13 */
export interface SecuritySettings {
  /** host and port of the portal; realms are below `https://<it>/keycloak/realms/` */
  baseDomain: string;
  /** PEM, of whoever signs the base domain's certificate; empty: public authorities */
  domainCa: string;
  userClaim: string;
  groupClaim: string;
  registrationAllowed: boolean;
  /** development: mail addresses count though nobody has verified them */
  unverifiedEmails: boolean;
  /** everybody who signs in to an organization is its member */
  memberTuples: boolean;
  additionalAudiences: readonly string[];
  additionalRedirectUrls: readonly string[];
  kubectlRedirectUrls: readonly string[];
  /** realms that nobody may have */
  realmDenyList: readonly string[];
}

export const defaultSecuritySettings: SecuritySettings = {
  baseDomain: "portal.localhost:8443",
  domainCa: "",
  userClaim: "email",
  groupClaim: "groups",
  registrationAllowed: false,
  unverifiedEmails: false,
  memberTuples: false,
  additionalAudiences: [],
  additionalRedirectUrls: [],
  kubectlRedirectUrls: ["http://localhost:8000", "http://localhost:18000"],
  realmDenyList: [],
};
