import {
  decodeJson,
  fieldInvalid,
  fieldRequired,
  fieldTooLong,
  isConfigMapKey,
  type FieldError,
  type KubeObject,
} from "@meshplane/apimachinery";
import { age, ageColumn, column, define, nameColumn } from "../define.ts";
import { keyPairProblem } from "../pem.ts";
import { sealed, unchanged } from "../immutable.ts";
import { base64Bytes } from "../values/base64.ts";
import { dataBytesMax } from "./config-map.ts";

interface Secret extends KubeObject {
  /** base64 */
  data?: Record<string, string>;
  /** write-only: merged over data when the object comes in */
  stringData?: Record<string, string>;
  type?: string;
  immutable?: boolean;
}

const accountAnnotation = "kubernetes.io/service-account.name";

export const secrets = define<Secret>({
  group: "",
  resource: "secrets",
  kind: "Secret",
  namespaced: true,
  defaults(secret) {
    secret.type ||= "Opaque";
    const { stringData } = secret;
    if (!stringData) return;
    delete secret.stringData;
    const data = (secret.data ??= {});
    for (const key of Object.keys(stringData)) data[key] = Buffer.from(stringData[key]!, "utf8").toString("base64");
  },
  validate,
  validateUpdate: (next, current) => [...unchanged("type", next.type, current.type), ...sealed(next, current, "data")],
  updateErrorsFirst: true,
  warnings({ type, data = {} }) {
    const problem = type === "kubernetes.io/tls" ? keyPairProblem(data["tls.crt"] ?? "", data["tls.key"] ?? "") : undefined;
    return problem ? [problem] : [];
  },
  columns: [nameColumn, column("Type", "What the secret is for."), column("Data", "How many keys the secret has."), ageColumn],
  cells: (secret, now) => [secret.metadata.name, secret.type ?? "", Object.keys(secret.data ?? {}).length, age(secret, now)],
  selectableFields: ["type"],
  fieldValues: ({ type = "" }) => ({ type }),
});

function validate({ metadata, data = {}, type }: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(data)) {
    for (const detail of isConfigMapKey(key)) errors.push(fieldInvalid(`data[${key}]`, key, detail));
    bytes += base64Bytes(data[key]!);
  }
  if (bytes > dataBytesMax) errors.push(fieldTooLong("data", dataBytesMax));
  const has = (key: string): boolean => Object.hasOwn(data, key);
  const require = (...keys: string[]): void => void errors.push(...keys.map((key) => fieldRequired(`data[${key}]`)));
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata.annotations?.[accountAnnotation]) errors.push(fieldRequired(`metadata.annotations[${accountAnnotation}]`));
      break;
    case "kubernetes.io/dockercfg":
      errors.push(...jsonErrors(data, ".dockercfg"));
      break;
    case "kubernetes.io/dockerconfigjson":
      errors.push(...jsonErrors(data, ".dockerconfigjson"));
      break;
    case "kubernetes.io/basic-auth":
      if (!has("username") && !has("password")) require("username", "password");
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) require("ssh-privatekey");
      break;
    case "kubernetes.io/tls":
      require(...["tls.crt", "tls.key"].filter((key) => !has(key)));
      break;
  }
  return errors;
}

function jsonErrors(data: Record<string, string>, key: string): FieldError[] {
  if (!Object.hasOwn(data, key)) return [fieldRequired(`data[${key}]`)];
  const problem = objectSyntaxError(Buffer.from(data[key]!, "base64").toString("utf8"));
  return problem === undefined ? [] : [fieldInvalid(`data[${key}]`, "<secret contents redacted>", problem)];
}

/** What Go says about a text that should be a JSON object. */
function objectSyntaxError(text: string): string | undefined {
  try {
    const { value } = decodeJson(Buffer.from(text, "utf8"));
    if (typeof value === "object" && !Array.isArray(value)) return undefined;
    const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`;
  } catch (error) {
    return (error as Error).message;
  }
}
