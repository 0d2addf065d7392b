import {
  badRequest,
  decodeJson,
  decodeYaml,
  failure,
  fieldInvalid,
  fieldNotSupported,
  invalid,
  JsonSyntaxError,
} from "@meshplane/apimachinery";
import type { FieldError, JsonValue } from "@meshplane/apimachinery";
import { contentTypeOf, headType } from "./decode-body.ts";
import type { HttpRequest, Query } from "./http/http-request.ts";
import type { ProtobufCodec } from "./protobuf-codec.ts";
import { goJsonType } from "./normalize-metadata.ts";
import { booleanOf, dryRunOf, integerOf } from "./request-options.ts";

export type PropagationPolicy = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  readonly dryRun: boolean;
  /** undefined: as the finalizers already there say */
  readonly propagationPolicy: PropagationPolicy | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  /** as the client sent them, for admission webhooks */
  readonly raw?: unknown;
}

/** From the body; without one, from the query. @throws StatusError 400, 413, 415, 422 (wire 57) */
export async function deleteOptionsOf(http: HttpRequest, codec: ProtobufCodec | undefined): Promise<DeleteOptions> {
  const bytes = await http.readBody();
  if (bytes.length === 0) return http.query.text === "" ? plain : checked(fromQuery(http.query));
  return checked(fromBody(bytes, contentTypeOf(http), codec));
}

const plain: DeleteOptions = Object.freeze({ dryRun: false, propagationPolicy: undefined, preconditions: undefined });

interface Wire {
  kind?: unknown;
  apiVersion?: unknown;
  dryRun?: unknown;
  propagationPolicy?: unknown;
  orphanDependents?: unknown;
  preconditions?: unknown;
  gracePeriodSeconds?: unknown;
}

function fromQuery(query: Query): Wire & { errors?: FieldError[] } {
  const errors: FieldError[] = [];
  integerOf(query, "gracePeriodSeconds"); // not used, but it has to be one
  return {
    dryRun: dryRunOf(query, errors) ? ["All"] : undefined,
    propagationPolicy: query.get("propagationPolicy"),
    orphanDependents: booleanOf(query, "orphanDependents"),
    errors,
  };
}

function fromBody(bytes: Uint8Array, contentType: string, codec: ProtobufCodec | undefined): Wire {
  const value = decode(bytes, contentType, codec);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goJsonType(value)} into Go value of type ${headType}`,
    );
  const options = value as Wire;
  if (options.kind !== undefined && options.kind !== "DeleteOptions") {
    const version = typeof options.apiVersion === "string" ? options.apiVersion : "";
    throw badRequest(
      `no kind ${JSON.stringify(options.kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  const seconds = options.gracePeriodSeconds;
  if (seconds != null && !Number.isInteger(seconds)) {
    throw badRequest(`json: cannot unmarshal ${goJsonType(seconds)} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`);
  }
  return options;
}

function decode(bytes: Uint8Array, contentType: string, codec: ProtobufCodec | undefined): JsonValue {
  if (contentType === "application/vnd.kubernetes.protobuf" && codec) {
    try {
      return (codec.decodeAny(bytes) ?? {}) as unknown as JsonValue;
    } catch (error) {
      throw badRequest(error instanceof Error ? error.message : String(error));
    }
  }
  try {
    if (contentType === "" || contentType === "application/json") return decodeJson(bytes, { maxDepth: 100 }).value;
    if (contentType === "application/yaml") return decodeYaml(bytes).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError || contentType === "application/yaml") {
      throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`);
    }
    throw error;
  }
  throw failure(
    415,
    "UnsupportedMediaType",
    undefined,
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

/** @throws StatusError 422 (wire 58) */
function checked(wire: Wire & { errors?: FieldError[] }): DeleteOptions {
  const errors = wire.errors ?? [];
  const { dryRun, propagationPolicy, orphanDependents } = wire;
  if (Array.isArray(dryRun) && dryRun.length > 0 && !(dryRun.length === 1 && dryRun[0] === "All"))
    errors.push(fieldNotSupported("dryRun", dryRun, ["All"]));
  if (propagationPolicy != null && orphanDependents != null)
    errors.push(fieldInvalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"));
  else if (
    propagationPolicy != null &&
    propagationPolicy !== "Foreground" &&
    propagationPolicy !== "Background" &&
    propagationPolicy !== "Orphan"
  ) {
    errors.push(fieldNotSupported("propagationPolicy", propagationPolicy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return {
    dryRun: Array.isArray(dryRun) && dryRun.length > 0,
    propagationPolicy:
      orphanDependents === true
        ? "Orphan"
        : orphanDependents === false
          ? "Background"
          : ((propagationPolicy ?? undefined) as PropagationPolicy | undefined),
    preconditions: preconditionsOf(wire.preconditions),
    raw: wire,
  };
}

function preconditionsOf(value: unknown): DeleteOptions["preconditions"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { uid, resourceVersion } = value as { uid?: unknown; resourceVersion?: unknown };
  return { ...(typeof uid === "string" ? { uid } : {}), ...(typeof resourceVersion === "string" ? { resourceVersion } : {}) };
}
