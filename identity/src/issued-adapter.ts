/** Where the library keeps what it has issued: rows of the identity file, and clients as the driver has made them. */
import type { Adapter, AdapterPayload } from "oidc-provider";
import type { Client, IdentityFile } from "./identity-file.ts";

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const parsed = (payload: string | undefined): AdapterPayload | undefined =>
  payload === undefined ? undefined : (JSON.parse(payload) as AdapterPayload);

export function issuedAdapter(file: IdentityFile, realm: string, model: string): Adapter {
  return {
    async find(id) {
      if (model !== "Client") return parsed(file.issued(realm, model, id, nowSeconds()));
      const client = file.client(realm, id);
      return client && metadataOf(client);
    },
    async findByUid(uid) {
      return parsed(file.issuedBy("uid", realm, model, uid, nowSeconds()));
    },
    async findByUserCode(userCode) {
      return parsed(file.issuedBy("user_code", realm, model, userCode, nowSeconds()));
    },
    async upsert(id, payload, expiresIn) {
      if (!file.realm(realm)) throw new Error(`realm ${JSON.stringify(realm)} does not exist any more`);
      file.issue(realm, model, id, {
        payload: JSON.stringify(payload),
        ...(payload.grantId ? { grantId: payload.grantId } : {}),
        ...(payload.userCode ? { userCode: payload.userCode } : {}),
        ...(payload.uid ? { uid: payload.uid } : {}),
        ...(payload.accountId ? { account: payload.accountId } : {}),
        ...(expiresIn ? { expires: nowSeconds() + expiresIn } : {}),
      });
    },
    async consume(id) {
      file.consume(realm, model, id, nowSeconds());
    },
    async destroy(id) {
      file.withdraw(realm, model, id);
    },
    async revokeByGrantId(grantId) {
      file.withdrawGrant(realm, grantId);
    },
  };
}

const metadataOf = ({ id, name, secret, redirectUris, postLogoutRedirectUris }: Client): AdapterPayload => ({
  client_id: id,
  client_name: name,
  ...(secret ? { client_secret: secret } : {}),
  token_endpoint_auth_method: secret ? "client_secret_basic" : "none",
  application_type: "web",
  response_types: ["code"],
  grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  redirect_uris: [...redirectUris],
  post_logout_redirect_uris: [...postLogoutRedirectUris],
});
