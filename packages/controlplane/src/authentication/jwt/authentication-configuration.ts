import { decodeYaml, type JsonObject, type JsonValue } from "@meshplane/apimachinery";
import type { JWTAuthenticator } from "@meshplane/apis";

/** What a file of kind AuthenticationConfiguration says. */
export interface AuthenticationConfiguration {
  jwt: JWTAuthenticator[];
  /** undefined: the file does not say */
  anonymous: { enabled: boolean; paths: readonly string[] | undefined } | undefined;
}

/** The file cannot be used; the message says which field is wrong. */
export class AuthenticationConfigurationError extends Error {}

const group = "apiserver.config.k8s.io";
const versions = ["v1", "v1beta1", "v1alpha1"];

type Shape = "text" | "flag" | "texts" | { [field: string]: Shape } | [Shape];

const prefixed: Shape = { claim: "text", prefix: "text", expression: "text" };
/** every field there is: one that we did not know would be a rule that nobody keeps */
const shape: Shape = {
  apiVersion: "text",
  kind: "text",
  jwt: [
    {
      issuer: {
        url: "text",
        discoveryURL: "text",
        certificateAuthority: "text",
        audiences: "texts",
        audienceMatchPolicy: "text",
      },
      claimValidationRules: [{ claim: "text", requiredValue: "text", expression: "text", message: "text" }],
      claimMappings: {
        username: prefixed,
        groups: prefixed,
        uid: { claim: "text", expression: "text" },
        extra: [{ key: "text", valueExpression: "text" }],
      },
      userValidationRules: [{ expression: "text", message: "text" }],
    },
  ],
  anonymous: { enabled: "flag", conditions: [{ path: "text" }] },
};

/** YAML or JSON. The rules inside are checked where they are compiled. @throws AuthenticationConfigurationError */
export function parseAuthenticationConfiguration(text: string): AuthenticationConfiguration {
  let value: JsonValue;
  try {
    value = decodeYaml(text).value;
  } catch (error) {
    throw new AuthenticationConfigurationError((error as Error).message, { cause: error });
  }
  const file = readShape(value ?? {}, shape, "") as JsonObject;
  const { apiVersion, kind } = file;
  if (kind !== "AuthenticationConfiguration" || !versions.some((version) => apiVersion === `${group}/${version}`))
    throw new AuthenticationConfigurationError(
      `no kind ${JSON.stringify(kind ?? "")} is registered for version ${JSON.stringify(apiVersion ?? "")}: AuthenticationConfiguration of ${group}/v1, v1beta1 or v1alpha1 is wanted`,
    );
  const jwt = ((file["jwt"] ?? []) as unknown as JWTAuthenticator[]).map((one) => ({ ...one, claimMappings: one.claimMappings ?? {} }));
  return { jwt, anonymous: anonymousOf(file["anonymous"] as { enabled?: boolean; conditions?: { path?: string }[] } | undefined) };
}

function anonymousOf(given: { enabled?: boolean; conditions?: { path?: string }[] } | undefined): AuthenticationConfiguration["anonymous"] {
  if (!given) return undefined;
  const { enabled = false, conditions = [] } = given;
  if (!enabled && conditions.length > 0)
    throw new AuthenticationConfigurationError("anonymous.conditions: enabled should be set to true when conditions are defined");
  return { enabled, paths: conditions.length === 0 ? undefined : conditions.map(({ path = "" }) => path) };
}

/** A copy that has the known fields only, each of its type; null is as good as absent. */
function readShape(value: JsonValue, wanted: Shape, path: string): JsonValue {
  const wrong = (what: string): never => {
    throw new AuthenticationConfigurationError(`${path || "the file"}: ${what} is wanted`);
  };
  if (wanted === "text") return typeof value === "string" ? value : wrong("a text");
  if (wanted === "flag") return typeof value === "boolean" ? value : wrong("true or false");
  if (wanted === "texts") return readShape(value, ["text"], path);
  if (Array.isArray(wanted))
    return Array.isArray(value) ? value.map((one, i) => readShape(one, wanted[0], `${path}[${i}]`)) : wrong("a list");
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("a map");
  const copy: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (!Object.hasOwn(wanted, key)) throw new AuthenticationConfigurationError(`unknown field ${JSON.stringify(at)}`);
    if (field !== null && field !== undefined) copy[key] = readShape(field, (wanted as { [field: string]: Shape })[key]!, at);
  }
  return copy;
}
