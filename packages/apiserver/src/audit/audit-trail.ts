import { decodeJson, decodeYaml, type JsonObject, type JsonValue, type KubeObject, type Status } from "@meshplane/apimachinery";
import type { HttpRequest, HttpResponse, Query, ResponseSink } from "../http/http-request.ts";
import type { ProtobufCodec } from "../protobuf-codec.ts";
import type { Target } from "../target.ts";
import type { User } from "../user.ts";
import type { AuditedUser, AuditEvent, AuditStage } from "./audit-event.ts";
import { auditDepthOf, type AuditDepth, type AuditPolicy } from "./audit-policy.ts";

/** What is written of requests, and where to. */
export interface Auditor {
  readonly policy: AuditPolicy;
  /** in the order of the stages; it must not throw */
  write(event: AuditEvent): void;
  /** of every event for this logical cluster */
  annotationsOf(cluster: string): Readonly<Record<string, string>>;
}

export interface AuditedRequest {
  readonly http: HttpRequest;
  readonly target: Target;
  /** below the cluster */
  readonly path: string;
  /** undefined when it could not be told */
  readonly user: User | undefined;
  readonly auditId: string;
  /** milliseconds */
  readonly received: number;
}

/** @returns undefined when the policy wants nothing of this request */
export function beginTrail(
  request: AuditedRequest,
  auditor: Auditor,
  clock: () => number,
  codec: ProtobufCodec | undefined,
): AuditTrail | undefined {
  const depth = auditDepthOf(auditor.policy, request.user, request.target);
  return depth && new AuditTrail(request, depth, auditor, clock, codec);
}

/** One audited request, from its credentials to the last byte of its answer: an event per stage that the policy does not omit. */
export class AuditTrail {
  readonly #request: AuditedRequest;
  readonly #depth: AuditDepth;
  readonly #auditor: Auditor;
  readonly #clock: () => number;
  readonly #codec: ProtobufCodec | undefined;
  readonly #watched: WatchedRequest | undefined;
  #impersonated: User | undefined;
  #named: { name: string; uid: string; resourceVersion: string } | undefined;
  #complete = false;

  constructor(request: AuditedRequest, depth: AuditDepth, auditor: Auditor, clock: () => number, codec: ProtobufCodec | undefined) {
    this.#request = request;
    this.#depth = depth;
    this.#auditor = auditor;
    this.#clock = clock;
    this.#codec = codec;
    const { level } = depth;
    if (level === "Request" || level === "RequestResponse") this.#watched = new WatchedRequest(request.http, level === "RequestResponse");
  }

  /** the request whose body is kept, if it is to be written; everything after takes this one */
  get http(): HttpRequest {
    return this.#watched ?? this.#request.http;
  }

  received(): void {
    this.#write("RequestReceived", undefined, this.#request.received);
  }

  impersonated(user: User): void {
    this.#impersonated = user;
  }

  /** An object in the body says what the URL may leave open. */
  submitted({ metadata }: KubeObject): void {
    this.#named = { name: metadata.name ?? "", uid: metadata.uid ?? "", resourceVersion: metadata.resourceVersion ?? "" };
  }

  /** @returns the answer to send; the last event is written when it is known, or when its stream ends */
  answered(response: HttpResponse, outcome: Outcome): HttpResponse {
    const { body } = response;
    if (typeof body !== "function") {
      this.#finish(outcome, response, body);
      return response;
    }
    const live = this.#request.target.verb === "watch";
    if (live) this.#write("ResponseStarted", { ...this.#outcomeOf(outcome) });
    const chunks: Uint8Array[] | undefined = live || this.#depth.level !== "RequestResponse" ? undefined : [];
    const ended = (): void => this.#finish(outcome, response, chunks);
    this.#request.http.onClose(ended);
    return { ...response, body: (sink) => body(new WatchedSink(sink, chunks, ended)) };
  }

  /** Nobody could be told from the credentials. */
  refused(code: number): void {
    this.#write("ResponseStarted", {
      responseStatus: { metadata: {}, status: "Failure", message: `Authentication failed, ${attemptsOf(this.#request.http)}`, code },
    });
  }

  #finish(outcome: Outcome, response: HttpResponse, body: Uint8Array | string | readonly Uint8Array[] | undefined): void {
    if (this.#complete) return;
    this.#complete = true;
    if (this.#depth.omitStages.has("ResponseComplete")) return;
    const { level, omitManagedFields } = this.#depth;
    const watch = this.#request.target.verb === "watch";
    const responseObject =
      level === "RequestResponse" && !watch ? this.#decode(bytesOf(body), String(response.headers["content-type"])) : undefined;
    const sent = this.#watched?.body;
    const requestObject = sent && this.#decode(sent, String(this.#request.http.headers["content-type"] ?? "application/json"));
    if (omitManagedFields) for (const object of [requestObject, responseObject]) forgetManagedFields(object);
    this.#write("ResponseComplete", {
      ...this.#outcomeOf(outcome),
      ...(requestObject === undefined ? {} : { requestObject }),
      ...(responseObject === undefined ? {} : { responseObject }),
    });
  }

  #outcomeOf({ status, answer, annotations }: Outcome): Pick<AuditEvent, "responseStatus" | "annotations"> {
    const { status: result, message, reason, details } = answer ?? {};
    return {
      responseStatus: {
        metadata: {},
        ...(result ? { status: result } : {}),
        ...(message ? { message } : {}),
        ...(reason ? { reason } : {}),
        ...(details ? { details: details as unknown as JsonObject } : {}),
        code: status,
      },
      ...(annotations ? { annotations: Object.fromEntries(annotations) } : {}),
    };
  }

  #decode(bytes: Uint8Array | undefined, contentType: string): JsonValue | undefined {
    if (!bytes?.length) return undefined;
    const type = contentType.split(";")[0]!.trim();
    try {
      if (type === "" || type.endsWith("json")) return decodeJson(bytes).value;
      if (type.endsWith("yaml")) return decodeYaml(bytes).value;
      if (type === "application/vnd.kubernetes.protobuf") return this.#codec?.decodeAny(bytes) as JsonValue | undefined;
    } catch {
      // the client is told what is wrong with it; there is no object to write down
    }
    return undefined;
  }

  #write(stage: AuditStage, more: Partial<AuditEvent> | undefined, at = this.#clock()): void {
    const { level, omitStages } = this.#depth;
    if (omitStages.has(stage)) return;
    const { http, path, target, user, auditId, received } = this.#request;
    const userAgent = http.headers["user-agent"] as string | undefined;
    const annotations = sorted({ ...this.#auditor.annotationsOf(target.cluster), ...more?.annotations });
    this.#auditor.write({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level,
      auditID: auditId,
      stage,
      requestURI: path + (http.query.text ? `?${http.query.text}` : ""),
      verb: target.verb,
      user: audited(user),
      ...(this.#impersonated ? { impersonatedUser: audited(this.#impersonated) } : {}),
      sourceIPs: sourcesOf(http),
      ...(userAgent ? { userAgent } : {}),
      ...(target.kind === "resource" ? { objectRef: this.#reference(target) } : {}),
      ...(more?.responseStatus ? { responseStatus: more.responseStatus } : {}),
      ...(more?.requestObject === undefined ? {} : { requestObject: more.requestObject }),
      ...(more?.responseObject === undefined ? {} : { responseObject: more.responseObject }),
      requestReceivedTimestamp: microTime(received),
      stageTimestamp: microTime(at),
      ...(annotations ? { annotations } : {}),
    });
  }

  #reference(target: Target & { kind: "resource" }): NonNullable<AuditEvent["objectRef"]> {
    const namespace = target.resource === "namespaces" && target.group === "" ? target.name : target.namespace;
    const name = target.name || this.#named?.name;
    return {
      resource: target.resource,
      ...(namespace ? { namespace } : {}),
      ...(name ? { name } : {}),
      ...(this.#named?.uid ? { uid: this.#named.uid } : {}),
      ...(target.group ? { apiGroup: target.group } : {}),
      apiVersion: target.version,
      ...(this.#named?.resourceVersion ? { resourceVersion: this.#named.resourceVersion } : {}),
      ...(target.subresource ? { subresource: target.subresource } : {}),
    };
  }
}

export interface Outcome {
  readonly status: number;
  /** the Status that was answered, if it was one */
  readonly answer: Status | undefined;
  readonly annotations: ReadonlyMap<string, string> | undefined;
}

/** Go reads these times with exactly six digits. */
const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z");

function audited(user: User | undefined): AuditedUser {
  if (!user) return {};
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
  };
}

function attemptsOf({ headers, clientCertificate }: HttpRequest): string {
  const scheme = /^\S*/.exec(String(headers.authorization ?? ""))![0].toLowerCase();
  const attempts = [...(scheme === "basic" || scheme === "bearer" ? [scheme] : []), ...(clientCertificate ? ["x509"] : [])];
  return attempts.length > 0 ? `attempted: ${attempts.join(", ")}` : "no credentials provided";
}

/** Whom proxies on the way saw, then the last of them. */
function sourcesOf({ headers, remoteAddress }: HttpRequest): string[] {
  const forwarded = headers["x-forwarded-for"];
  const real = headers["x-real-ip"];
  const seen = [...String(forwarded ?? "").split(","), ...(forwarded ? [] : [String(real ?? "")])].map((it) => it.trim()).filter(isAddress);
  return seen.at(-1) === remoteAddress ? seen : [...seen, remoteAddress];
}

const isAddress = (text: string): boolean =>
  text.length <= 45 && (/^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text));

function sorted(annotations: Record<string, string>): Record<string, string> | undefined {
  const keys = Object.keys(annotations);
  return keys.length === 0 ? undefined : Object.fromEntries(keys.sort().map((key) => [key, annotations[key]!]));
}

function bytesOf(body: Uint8Array | string | readonly Uint8Array[] | undefined): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return typeof body === "string" ? Buffer.from(body) : Buffer.concat(body);
}

/** Of an object, of a list's items, of a Table's rows. The value is the trail's own. */
function forgetManagedFields(value: JsonValue | undefined): void {
  if (!isObject(value)) return;
  if (isObject(value.metadata)) delete value.metadata.managedFields;
  if (Array.isArray(value.items))
    for (const item of value.items) if (isObject(item) && isObject(item.metadata)) delete item.metadata.managedFields;
  if (Array.isArray(value.rows)) for (const row of value.rows) if (isObject(row)) forgetManagedFields(row.object);
}

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** A request whose body is kept. When the answer is to be written too, the client is not heard when it asks for compression. */
class WatchedRequest implements HttpRequest {
  readonly #http: HttpRequest;
  readonly method: string;
  readonly path: string;
  readonly query: Query;
  readonly headers: HttpRequest["headers"];
  readonly remoteAddress: string;
  readonly protocol: "h1" | "h2";
  readonly clientCertificate: HttpRequest["clientCertificate"];
  readonly rawHeaders?: readonly string[];
  body: Uint8Array | undefined;

  constructor(http: HttpRequest, plain: boolean) {
    this.#http = http;
    this.method = http.method;
    this.path = http.path;
    this.query = http.query;
    this.headers = plain ? { ...http.headers, "accept-encoding": undefined } : http.headers;
    this.remoteAddress = http.remoteAddress;
    this.protocol = http.protocol;
    this.clientCertificate = http.clientCertificate;
    if (http.rawHeaders) this.rawHeaders = http.rawHeaders;
  }

  async readBody(maxBytes?: number): Promise<Uint8Array> {
    return (this.body = await this.#http.readBody(maxBytes));
  }

  get closed(): boolean {
    return this.#http.closed;
  }

  onClose(listener: () => void): void {
    this.#http.onClose(listener);
  }
}

/** Tells when a stream has ended, and keeps what went through it if there is a place to. */
class WatchedSink implements ResponseSink {
  readonly #sink: ResponseSink;
  readonly #kept: Uint8Array[] | undefined;
  readonly #ended: () => void;

  constructor(sink: ResponseSink, kept: Uint8Array[] | undefined, ended: () => void) {
    this.#sink = sink;
    this.#kept = kept;
    this.#ended = ended;
  }

  write(chunk: Uint8Array | string): boolean {
    this.#kept?.push(typeof chunk === "string" ? Buffer.from(chunk) : Uint8Array.from(chunk));
    return this.#sink.write(chunk);
  }

  drained(): Promise<void> {
    return this.#sink.drained();
  }

  get buffered(): number {
    return this.#sink.buffered;
  }

  get closed(): boolean {
    return this.#sink.closed;
  }

  onClose(listener: () => void): void {
    this.#sink.onClose(listener);
  }

  end(): void {
    this.#ended();
    this.#sink.end();
  }

  destroy(): void {
    this.#ended();
    this.#sink.destroy();
  }
}
