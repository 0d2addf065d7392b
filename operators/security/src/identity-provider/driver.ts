/** Where an identity provider's realms, clients and people are managed: Keycloak's admin API, or the issuer of this program. @see spec platform-mesh/security §9, §10 */
export interface IdentityProviderDriver {
  /** `foreign`: somebody else made it, and nothing of it may be changed */
  realm(realm: string): Promise<"none" | "ours" | "foreign">;
  /** makes it or brings its settings in line */
  ensureRealm(realm: string, settings: RealmSettings): Promise<void>;
  /** with its clients and people; none is fine */
  deleteRealm(realm: string): Promise<void>;
  /** Finds the client by what is known of it, else by its name, else makes it; brings its settings in line. */
  ensureClient(realm: string, client: ClientSettings, known?: KnownClient): Promise<RegisteredClient>;
  deleteClient(realm: string, known: KnownClient): Promise<void>;
  hasUser(realm: string, email: string): Promise<boolean>;
  /**
   * Makes somebody known who will choose a password on first sign-in, and sends the invitation.
   * @throws Error "client does not exist yet"
   */
  inviteUser(realm: string, invitation: { email: string; clientId: string; redirectUri: string }): Promise<void>;
}

export interface RealmSettings {
  registrationAllowed: boolean;
}

export interface ClientSettings {
  name: string;
  type: "confidential" | "public";
  redirectUris: readonly string[];
  postLogoutRedirectUris: readonly string[];
}

export interface KnownClient {
  clientId: string;
  registrationClientUri?: string;
  registrationAccessToken?: string;
}

export interface RegisteredClient {
  /** chosen by the provider */
  clientId: string;
  /** of confidential clients */
  clientSecret?: string;
  registrationClientUri?: string;
  registrationAccessToken?: string;
}
