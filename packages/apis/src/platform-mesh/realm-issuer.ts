/** Who signs a realm's tokens, at Keycloak's path. @param baseDomain host of the portal, and its port unless that is 443 @see spec platform-mesh/topology §5 */
export const realmIssuer = (baseDomain: string, realm: string): string => `https://${baseDomain}/keycloak/realms/${realm}`;
