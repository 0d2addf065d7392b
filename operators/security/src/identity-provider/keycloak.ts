/**
 * Realms of a Keycloak, through its admin API and its dynamic client registration. Tested against a server that answers as Keycloak's documentation
 * says (keycloak.test.ts), not against a Keycloak. @see spec platform-mesh/security §9, §10
 */
import type { ClientSettings, IdentityProviderDriver, KnownClient, RegisteredClient } from "./driver.ts";

export interface KeycloakOptions {
  /** `https://portal.example.com/keycloak`, without `/realms` */
  baseUrl: string;
  /** of a client of realm `master` that may manage realms */
  clientId: string;
  clientSecret: string;
  /** how it is reached; `fetch` by default */
  fetch?: typeof fetch;
  /** seconds that access tokens and idle sessions live */
  accessTokenLifespan?: number;
  /** local set-ups: people who are invited begin with it, and nobody verifies their address */
  defaultPassword?: string;
  /** realms' mail server, in Keycloak's words */
  smtp?: Record<string, string>;
  timeoutMs?: number;
}

/** Marks the realms that this program has made: others are left alone. */
const ownerAttribute = "meshplane.io/managed";

interface Answer {
  status: number;
  body: unknown;
}

interface Call {
  method: string;
  url: string;
  token: string;
  body?: unknown;
}

interface Registration {
  client_id: string;
  client_secret?: string;
  registration_client_uri?: string;
  registration_access_token?: string;
}

export class KeycloakError extends Error {
  readonly status: number;

  constructor(what: string, status: number) {
    super(`keycloak: ${what}: ${status}`);
    this.status = status;
  }
}

export function keycloakDriver(options: KeycloakOptions): IdentityProviderDriver {
  const { clientId, clientSecret, fetch: send = fetch, accessTokenLifespan = 28_800, defaultPassword, smtp, timeoutMs = 30_000 } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  const adminOf = (realm: string): string => `${base}/admin/realms/${encodeURIComponent(realm)}`;
  let admin: { token: string; until: number } | undefined;

  return { realm, ensureRealm, deleteRealm, ensureClient, deleteClient, hasUser, inviteUser };

  async function realm(name: string): Promise<"none" | "ours" | "foreign"> {
    const { status, body } = await asAdmin("GET", adminOf(name), undefined, [200, 404]);
    if (status === 404) return "none";
    const { attributes } = body as { attributes?: Record<string, string> };
    return attributes?.[ownerAttribute] === "true" ? "ours" : "foreign";
  }

  async function ensureRealm(name: string, { registrationAllowed }: { registrationAllowed: boolean }): Promise<void> {
    const wanted = {
      realm: name,
      displayName: name,
      enabled: true,
      loginWithEmailAllowed: true,
      registrationEmailAsUsername: true,
      registrationAllowed,
      ssoSessionIdleTimeout: accessTokenLifespan,
      accessTokenLifespan,
      attributes: { [ownerAttribute]: "true" },
      ...(smtp ? { smtpServer: smtp } : {}),
    };
    // 409: it is there, or somebody was faster
    const { status } = await asAdmin("POST", `${base}/admin/realms`, wanted, [201, 409]);
    if (status === 201) return;
    const found = await realm(name);
    if (found !== "ours") throw new Error(`keycloak realm "${name}" already exists`);
    await asAdmin("PUT", adminOf(name), wanted, [204]);
  }

  async function deleteRealm(name: string): Promise<void> {
    if ((await realm(name)) === "ours") await asAdmin("DELETE", adminOf(name), undefined, [204, 404]);
  }

  async function ensureClient(name: string, client: ClientSettings, known?: KnownClient): Promise<RegisteredClient> {
    const current = await clientOf(name, client, known);
    if (!current) {
      const { body } = await asAdmin("POST", `${adminOf(name)}/clients-initial-access`, { count: 1, expiration: 300 }, [200, 201]);
      const { token } = body as { token: string };
      const made = await call({ method: "POST", url: registrationsOf(name), token, body: metadataOf(client) });
      return registered(required(`register client ${client.name}`, made, [201]), client);
    }
    const place = known?.registrationClientUri || `${registrationsOf(name)}/${current.clientId}`;
    const update = (token: string): Promise<Answer> =>
      call({ method: "PUT", url: own(place), token, body: { ...metadataOf(client), client_id: current.clientId } });
    let answer = known?.registrationAccessToken ? await update(known.registrationAccessToken) : undefined;
    if (!answer || answer.status === 401) answer = await update(await newRegistrationToken(name, current.id));
    return registered(required(`update client ${client.name}`, answer, [200]), client);
  }

  async function deleteClient(name: string, known: KnownClient): Promise<void> {
    const place = known.registrationClientUri || `${registrationsOf(name)}/${known.clientId}`;
    const remove = (token: string): Promise<Answer> => call({ method: "DELETE", url: own(place), token });
    let answer = known.registrationAccessToken ? await remove(known.registrationAccessToken) : undefined;
    if (!answer || answer.status === 401) {
      const current = await clientById(name, known.clientId);
      if (!current) return;
      answer = await remove(await newRegistrationToken(name, current.id));
    }
    required(`delete client ${known.clientId}`, answer, [204, 404]);
  }

  async function hasUser(name: string, email: string): Promise<boolean> {
    const query = new URLSearchParams({ email, exact: "true", max: "1", briefRepresentation: "true" });
    const { body } = await asAdmin("GET", `${adminOf(name)}/users?${query}`, undefined, [200]);
    return (body as unknown[]).length > 0;
  }

  async function inviteUser(
    name: string,
    { email, clientId: wanted, redirectUri }: { email: string; clientId: string; redirectUri: string },
  ): Promise<void> {
    if (!(await clientById(name, wanted))) throw new Error("client does not exist yet");
    const password = defaultPassword === undefined ? {} : { credentials: [{ type: "password", value: defaultPassword, temporary: true }] };
    const requiredActions = defaultPassword === undefined ? ["UPDATE_PASSWORD", "VERIFY_EMAIL"] : ["UPDATE_PASSWORD"];
    const { status } = await asAdmin(
      "POST",
      `${adminOf(name)}/users`,
      { email, username: email, enabled: true, requiredActions, ...password },
      [201, 409],
    );
    if (status === 409) return; // invited meanwhile
    const query = new URLSearchParams({ email, exact: "true", max: "1", briefRepresentation: "true" });
    const { body } = await asAdmin("GET", `${adminOf(name)}/users?${query}`, undefined, [200]);
    const id = (body as { id: string }[])[0]?.id;
    if (!id) throw new Error(`keycloak: ${email} was made and is not there`);
    const target = new URLSearchParams({ client_id: wanted, redirect_uri: redirectUri });
    try {
      await asAdmin("PUT", `${adminOf(name)}/users/${id}/execute-actions-email?${target}`, requiredActions, [204]);
    } catch (error) {
      // Without its mail an invitation is none: the next attempt begins anew.
      await asAdmin("DELETE", `${adminOf(name)}/users/${id}`, undefined, [204, 404]);
      throw error;
    }
  }

  async function clientOf(name: string, { name: wanted }: ClientSettings, known: KnownClient | undefined) {
    const byId = known && (await clientById(name, known.clientId));
    if (byId) return byId;
    // Keycloak finds by id only; names are ours to compare
    for (let first = 0; ; first += 100) {
      const { body } = await asAdmin("GET", `${adminOf(name)}/clients?first=${first}&max=100`, undefined, [200]);
      const page = body as { id: string; clientId: string; name?: string }[];
      const found = page.find((client) => client.name === wanted);
      if (found || page.length < 100) return found;
    }
  }

  async function clientById(name: string, id: string): Promise<{ id: string; clientId: string } | undefined> {
    const { body } = await asAdmin("GET", `${adminOf(name)}/clients?${new URLSearchParams({ clientId: id })}`, undefined, [200]);
    return (body as { id: string; clientId: string }[]).find((client) => client.clientId === id);
  }

  async function newRegistrationToken(name: string, id: string): Promise<string> {
    const { body } = await asAdmin("POST", `${adminOf(name)}/clients/${id}/registration-access-token`, undefined, [200]);
    return (body as { registrationAccessToken: string }).registrationAccessToken;
  }

  function registrationsOf(name: string): string {
    return `${base}/realms/${encodeURIComponent(name)}/clients-registrations/openid-connect`;
  }

  /** A status is written by more than us: no token goes anywhere but to the Keycloak. */
  function own(url: string): string {
    if (!URL.canParse(url) || !new URL(url).href.startsWith(`${new URL(base).href}/`))
      throw new Error("keycloak: registrationClientUri is not below the Keycloak's address");
    return url;
  }

  async function asAdmin(method: string, url: string, body: unknown, good: readonly number[]): Promise<Answer> {
    const request = async (): Promise<Answer> => call({ method, url, token: await adminToken(), body });
    let answer = await request();
    if (answer.status === 401) {
      admin = undefined; // withdrawn before its time, by a restart for example
      answer = await request();
    }
    return required(`${method} ${new URL(url).pathname}`, answer, good);
  }

  async function adminToken(): Promise<string> {
    const now = Date.now();
    if (admin && now < admin.until) return admin.token;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret });
    const response = await send(`${base}/realms/master/protocol/openid-connect/token`, {
      method: "POST",
      body: form,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) throw new KeycloakError("client credentials", response.status);
    const { access_token: token, expires_in: seconds = 60 } = (await response.json()) as { access_token: string; expires_in?: number };
    admin = { token, until: now + Math.max(1, seconds - 10) * 1000 };
    return token;
  }

  async function call({ method, url, token, body }: Call): Promise<Answer> {
    const response = await send(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { status: response.status, body: text !== "" && response.ok ? JSON.parse(text) : undefined };
  }
}

function required(what: string, answer: Answer, good: readonly number[]): Answer {
  if (!good.includes(answer.status)) throw new KeycloakError(what, answer.status);
  return answer;
}

const metadataOf = ({ name, type, redirectUris, postLogoutRedirectUris }: ClientSettings) => ({
  client_name: name,
  redirect_uris: redirectUris,
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: type === "public" ? "none" : "client_secret_basic",
  post_logout_redirect_uris: postLogoutRedirectUris,
});

function registered({ body }: Answer, { type }: ClientSettings): RegisteredClient {
  const {
    client_id: clientId,
    client_secret: clientSecret,
    registration_client_uri: uri,
    registration_access_token: token,
  } = body as Registration;
  return {
    clientId,
    ...(clientSecret && type === "confidential" ? { clientSecret } : {}),
    ...(uri ? { registrationClientUri: uri } : {}),
    ...(token ? { registrationAccessToken: token } : {}),
  };
}
