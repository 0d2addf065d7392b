/** Which realms may be asked for. @see spec platform-mesh/security §9 */
import type { IdentityProviderConfiguration } from "@meshplane/apis/platform-mesh";
import type { IdentityProviderDriver } from "./driver.ts";

interface Review {
  uid: string;
  operation: string;
  object?: unknown;
}

/** Path → what answers it; upstream's path. */
export function identityProviderAdmission(driver: IdentityProviderDriver, denyList: readonly string[]) {
  return {
    "/validate-core-platform-mesh-io-v1alpha1-identityproviderconfiguration": async ({ uid, operation, object }: Review) => {
      const refusal = operation === "CREATE" ? await refusalOf(object as IdentityProviderConfiguration) : undefined;
      return refusal === undefined ? { uid, allowed: true } : { uid, allowed: false, status: { message: refusal, code: 403 } };
    },
  };

  async function refusalOf({ metadata }: IdentityProviderConfiguration): Promise<string | undefined> {
    const realm = metadata.name ?? "";
    if (realm === "") return "realm name must not be empty";
    if (realm === "master") return "creation of IdentityProviderConfiguration for realm 'master' is not allowed";
    if (denyList.includes(realm)) return `creation of IdentityProviderConfiguration for realm "${realm}" is not allowed`;
    // One of ours that outlived its object, a restored backup for example, is taken up again.
    return (await driver.realm(realm)) === "foreign" ? `keycloak realm "${realm}" already exists` : undefined;
  }
}
