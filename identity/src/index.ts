export { type Identity, type IdentityOptions, type NewUser, openIdentity } from "./open-identity.ts";
export type { RealmDriver } from "./driver.ts";
