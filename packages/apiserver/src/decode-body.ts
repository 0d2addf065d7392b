import { badRequest, decodeJson, failure, fieldInvalid, invalid, JsonSyntaxError, StatusError } from "@meshplane/apimachinery";
import type { JsonObject, KubeObject } from "@meshplane/apimachinery";
import type { HttpRequest } from "./http/http-request.ts";
import { normalizeMetadata } from "./normalize-metadata.ts";
import type { ProtobufCodec } from "./protobuf-codec.ts";
import { unknownFieldsOf } from "./unknown-fields.ts";
import { apiVersionOf } from "./record-codec.ts";
import { isRegistered } from "./registry/registered-kinds.ts";
import type { FieldValidation } from "./request-options.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { decodeYamlBody } from "./decode-yaml-body.ts";
import { turnsFor, type TakeTurn } from "./take-turns.ts";
import { unrecognized } from "./unrecognized.ts";

/** Custom objects may nest as deep as upstream's decoder reads: where no schema looks, nothing recurses. */
const depthMax = 10_000;
/** Built-in kinds are walked by their types; only a CRD's schema could be so deep. */
const builtInDepthMax = 1_000;

export interface Decoded {
  readonly object: KubeObject;
  /** texts of what was unknown or there twice; warnings, or an error when strict */
  readonly complaints: readonly string[];
}

export interface SubmittedBody {
  readonly bytes: Uint8Array;
  /** of a large body: to be awaited before each further step */
  readonly turn: TakeTurn | undefined;
  /** a fresh object each time. @throws StatusError 400, 422 */
  decode(): Decoded | Promise<Decoded>;
}

/**
 * The object in a request's body, in the definition's version: types checked (built-in kinds), unknown fields gone, metadata tidied, defaults filled in.
 * @throws StatusError 400, 413, 415, 422
 */
export async function decodeBody(
  http: HttpRequest,
  definition: ResourceDefinition,
  codec: ProtobufCodec | undefined,
): Promise<SubmittedBody> {
  const mediaType = mediaTypeOf(http, definition, codec);
  const bytes = await http.readBody();
  const turn = turnsFor(bytes.length);
  const yamlValue = mediaType === "yaml" ? await decodeYamlBody(bytes, definition) : undefined;
  const valueOf = (): Value => {
    if (mediaType === "protobuf") return { value: decodeProtobuf(bytes, definition, codec!), duplicates: undefined };
    return yamlValue ? yamlValue() : decodeJsonBody(bytes, definition);
  };
  return {
    bytes,
    turn,
    decode() {
      if (!turn) return finish(valueOf(), definition);
      return finishInTurns(turn, valueOf, definition);
    },
  };
}

/** What a body says, not yet looked at; protobuf knows of no fields that are unknown or there twice. */
interface Value {
  readonly value: unknown;
  readonly duplicates: readonly string[] | undefined;
}

/** More do not fit into an answer's headers. */
const warnedMax = 1_000;

/** @throws StatusError 400 when strict, or else says it in warnings */
export function reportComplaints(
  complaints: readonly string[],
  validation: FieldValidation,
  definition: ResourceDefinition,
  warn: (text: string) => void,
): void {
  if (complaints.length === 0 || validation === "Ignore") return;
  if (validation === "Warn") {
    // the YAML decoder's complaints are one text of many lines
    for (const text of complaints.slice(0, warnedMax))
      for (const line of text.split("\n")) if (!line.endsWith("unmarshal errors:")) warn(line.trim());
    return;
  }
  throw cannotBeHandled(definition, `strict decoding error: ${complaints.join(", ")}`);
}

const cannotBeHandled = (definition: ResourceDefinition, why: string) =>
  badRequest(`${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: ${why}`);

const json = "application/json";
const yaml = "application/yaml";
const protobuf = "application/vnd.kubernetes.protobuf";

/** @throws StatusError 415 */
function mediaTypeOf(http: HttpRequest, definition: ResourceDefinition, codec: ProtobufCodec | undefined): "json" | "yaml" | "protobuf" {
  const type = contentTypeOf(http);
  if (type === "" || type === json) return "json";
  if (type === yaml) return "yaml";
  if (type === protobuf && codec?.decodes(definition)) return "protobuf";
  throw failure(
    415,
    "UnsupportedMediaType",
    undefined,
    `the body of the request was in an unknown format - accepted media types include: ${json}, ${yaml}${definition.builtIn ? `, ${protobuf}` : ""}`,
  );
}

/** Without parameters. */
export function contentTypeOf(http: HttpRequest): string {
  const header = (http.headers["content-type"] as string | undefined) ?? "";
  const semicolon = header.indexOf(";");
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim();
}

function decodeJsonBody(bytes: Uint8Array, definition: ResourceDefinition): Value {
  try {
    const { value, duplicates } = decodeJson(bytes, { maxDepth: definition.builtIn ? builtInDepthMax : depthMax });
    return { value, duplicates: duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw unrecognized(definition, `couldn't get version/kind; json parse error: ${error.message}`, bytes);
  }
}

function decodeProtobuf(bytes: Uint8Array, definition: ResourceDefinition, codec: ProtobufCodec): KubeObject {
  try {
    return codec.decode(bytes, definition);
  } catch (error) {
    throw unrecognized(definition, error instanceof Error ? error.message : String(error), bytes);
  }
}

function finish({ value, duplicates }: Value, definition: ResourceDefinition): Decoded {
  const { object, complaints } = toObject(value, definition);
  return { object, complaints: allComplaints(duplicates, complaints) };
}

/** The same, with the loop free between the steps. */
async function finishInTurns(turn: TakeTurn, valueOf: () => Value, definition: ResourceDefinition): Promise<Decoded> {
  await turn();
  const { value, duplicates } = valueOf();
  await turn();
  const { object, complaints } = toKnownObject(value, definition);
  await turn();
  definition.strategy.applyDefaults?.(object);
  return { object, complaints: allComplaints(duplicates, complaints) };
}

function allComplaints(duplicates: readonly string[] | undefined, complaints: readonly string[]): readonly string[] {
  if (!duplicates) return [];
  return duplicates.length > 0 ? [...duplicates, ...complaints] : complaints;
}

/**
 * From a decoded value to an object of this kind.
 * @throws StatusError 400, 422
 */
export function toObject(value: unknown, definition: ResourceDefinition): Decoded {
  const decoded = toKnownObject(value, definition);
  definition.strategy.applyDefaults?.(decoded.object);
  return decoded;
}

/** All but the defaults. */
function toKnownObject(value: unknown, definition: ResourceDefinition): Decoded {
  const object = requireKind(value, definition);
  const fail = (why: string): never => {
    throw cannotBeHandled(definition, why);
  };
  normalizeMetadata(object, definition, fail);
  const keys = definition.builtIn ? Object.keys(object) : undefined;
  const unknown = unknownFieldsOf(object, definition);
  if (keys && unknown.length > 1) sortByKeys(unknown, keys);
  return { object, complaints: unknown.map((path) => `unknown field ${JSON.stringify(path)}`) };
}

/** The decoder of built-in kinds complains in the order of the document. */
function sortByKeys(paths: string[], keys: readonly string[]): void {
  const places = new Map(keys.map((key, place) => [key, place]));
  const ranks = new Map(paths.map((path) => [path, places.get(/^[^.[]*/.exec(path)![0]) ?? -1]));
  paths.sort((a, b) => ranks.get(a)! - ranks.get(b)!);
}

/** Where upstream's decoder looks for the type of an object, as it prints it. */
export const headType = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function requireKind(value: unknown, definition: ResourceDefinition): KubeObject {
  const apiVersion = apiVersionOf(definition);
  if (value === null && definition.builtIn) value = {};
  if (value === null) throw unrecognized(definition, "Object 'Kind' is missing in 'null'", Buffer.from("null"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const type = Array.isArray(value)
      ? "array"
      : value === null
        ? "null"
        : typeof value === "boolean"
          ? "bool"
          : typeof value === "bigint"
            ? "number"
            : typeof value;
    throw unrecognized(
      definition,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type ${headType}`,
      Buffer.from(JSON.stringify(value)),
    );
  }
  const object = value as JsonObject;
  if (definition.builtIn) {
    const kind = object.kind || definition.kind;
    const version = object.apiVersion || apiVersion;
    if (typeof version !== "string" || version.split("/").length > 2)
      throw unrecognized(definition, `unexpected GroupVersion string: ${String(version)}`, Buffer.from(JSON.stringify(object)));
    if (kind !== definition.kind || version !== apiVersion) throw otherKind(String(kind), version, definition);
    object.kind = kind;
    object.apiVersion = version;
    return object as unknown as KubeObject;
  }
  if (!object.kind) {
    const text = JSON.stringify(object);
    throw unrecognized(definition, `Object 'Kind' is missing in '${text}'`, Buffer.from(text));
  }
  if (object.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(object.apiVersion ?? "")}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (object.kind !== definition.kind) {
    throw invalid(definition, nameIn(object), [fieldInvalid("kind", object.kind, `must be ${definition.kind}`)]);
  }
  return object as unknown as KubeObject;
}

/** A kind that the decoder knows cannot be converted; one that it does not know is not registered. */
function otherKind(kind: string, apiVersion: string, definition: ResourceDefinition): StatusError {
  const into = `${kind} in version ${JSON.stringify(versionOf(apiVersion))} cannot be handled as a ${definition.kind}: `;
  if (isRegistered(apiVersion, kind)) {
    const group = definition.group === "" ? "core" : definition.group.split(".")[0];
    return badRequest(`${into}converting (${versionOf(apiVersion)}.${kind}) to (${group}.${definition.kind}): unknown conversion`);
  }
  return badRequest(
    `${into}no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  );
}

const versionOf = (apiVersion: unknown): string => String(apiVersion).slice(String(apiVersion).indexOf("/") + 1);

function nameIn(object: JsonObject): string {
  const metadata = object.metadata as JsonObject | undefined;
  return typeof metadata === "object" && metadata !== null && typeof metadata.name === "string" ? metadata.name : "";
}
