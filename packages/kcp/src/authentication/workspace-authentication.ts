/**
 * Users of a workspace's own issuers: its type names configurations that lie beside the type. @see spec tenancy §11
 */
import { extraKeys, tenancyGroup, type WorkspaceAuthenticationConfiguration } from "@meshplane/apis";
import { StatusError } from "@meshplane/apimachinery";
import type { Log } from "@meshplane/apiserver";
import { jwtAuthenticator, JwtConfigurationError, TokenError, type TokenAuthenticator, type TokenIdentity } from "@meshplane/controlplane";
import type { PathIndex } from "../logical-clusters/path-index.ts";
import type { ObjectReader } from "../object-reader.ts";
import { clusterOfType, splitType, type WorkspaceTypes } from "../workspace-types.ts";
import { withoutSystemPowers } from "./without-system-powers.ts";

export interface WorkspaceAuthenticationParts {
  paths: PathIndex;
  types: WorkspaceTypes;
  objects: ObjectReader;
  tenancyIdentity: () => string | undefined;
  /** milliseconds */
  clock: () => number;
  log: Log;
  /** the server's own issuer, which nobody else may speak for */
  disallowedIssuers: readonly string[];
}

/**
 * Asks the configurations of the type that the request's workspace has, exactly that type. Types and configurations are read from the shared reader, which
 * forgets an object the moment it changes: a new version counts for the next request. What an authenticator has learnt (keys, verified tokens) goes
 * with the object it was made of.
 */
export function workspaceAuthentication(parts: WorkspaceAuthenticationParts): TokenAuthenticator {
  const { paths, types, objects, tenancyIdentity, clock, log, disallowedIssuers } = parts;
  const made = new WeakMap<WorkspaceAuthenticationConfiguration, TokenAuthenticator | undefined>();

  return async (token, audiences, cluster) => {
    const type = splitType(paths.get(cluster)?.type ?? "");
    // only tokens that could be somebody's are worth a look-up
    if (!type || token.split(".", 4).length !== 3) return undefined;
    const failures: string[] = [];
    for (const authenticator of await authenticatorsOf(type.path, type.name)) {
      try {
        const identity = await authenticator(token, audiences, cluster);
        if (identity) return scoped(identity, cluster);
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        failures.push(error.message);
      }
    }
    if (failures.length > 0) throw new TokenError(failures.length === 1 ? failures[0]! : `[${failures.join(", ")}]`);
    return undefined;
  };

  async function authenticatorsOf(path: string, name: string): Promise<TokenAuthenticator[]> {
    let type: Awaited<ReturnType<WorkspaceTypes["get"]>>;
    try {
      type = await types.get(path, name);
    } catch (error) {
      if (error instanceof StatusError) return []; // the type has gone; its workspaces have not
      throw error;
    }
    const found: TokenAuthenticator[] = [];
    for (const { name: wanted } of type.spec?.authenticationConfigurations ?? []) {
      const configuration = await read(clusterOfType(type), wanted);
      const authenticator = configuration && authenticatorOf(configuration);
      if (authenticator) found.push(authenticator);
      else if (!configuration)
        log.warn("workspace authentication: there is no such configuration", { type: `${path}:${name}`, configuration: wanted });
    }
    return found;
  }

  function read(
    cluster: string,
    name: string,
  ): WorkspaceAuthenticationConfiguration | undefined | Promise<WorkspaceAuthenticationConfiguration | undefined> {
    const identity = tenancyIdentity();
    if (!identity) return undefined;
    const kind = {
      group: tenancyGroup,
      version: "v1alpha1",
      resource: "workspaceauthenticationconfigurations",
      kind: "WorkspaceAuthenticationConfiguration",
      identity,
    };
    return objects.get<WorkspaceAuthenticationConfiguration>(kind, cluster, name);
  }

  /** undefined for one that cannot be used, which is said once */
  function authenticatorOf(configuration: WorkspaceAuthenticationConfiguration): TokenAuthenticator | undefined {
    if (made.has(configuration)) return made.get(configuration);
    let authenticator: TokenAuthenticator | undefined;
    try {
      authenticator = withoutSystemPowers(jwtAuthenticator(configuration.spec.jwt, { clock, log, disallowedIssuers }, "spec.jwt"));
    } catch (error) {
      if (!(error instanceof JwtConfigurationError)) throw error;
      log.error("Failed to start workspace authenticator.", { configuration: configuration.metadata.name, err: error.message });
    }
    made.set(configuration, authenticator);
    return authenticator;
  }
}

/** Whom a workspace's own issuer vouches for is somebody there only. */
function scoped({ user, audiences }: TokenIdentity, cluster: string): TokenIdentity {
  const extra = { ...user.extra, [extraKeys.scopes]: [`cluster:${cluster}`], [extraKeys.clusterName]: [cluster] };
  return { user: { ...user, extra }, audiences };
}
