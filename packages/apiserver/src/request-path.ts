/**
 * Every request, from the socket to its answer: `serveRequest` has the stages in the order in which they happen, and below it is a function
 * for each verb. A PUT is `update`. Each step is a file of its name.
 */
import { plainError } from "@meshplane/apimachinery";
import { answer, headersOf, warningHeaders } from "./answer.ts";
import { encodeList, encodeObject, encodeObjects, encodeStatus, eventFormOf, formOf, isPlainJson } from "./answer-forms.ts";
import { beginTrail, type AuditTrail } from "./audit/audit-trail.ts";
import type { Authorizer } from "./authorization/authorizer.ts";
import { authenticate } from "./authenticate.ts";
import { decodeBody, reportComplaints } from "./decode-body.ts";
import { deleteCollection } from "./delete-collection.ts";
import { deleteObject } from "./delete-object.ts";
import { deleteOptionsOf } from "./delete-options.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import { RequestAborted } from "./http/read-body.ts";
import { impersonate } from "./impersonate.ts";
import { listPage } from "./list-page.ts";
import { definitionNow, lookUpResource } from "./look-up-resource.ts";
import { trackManagedFields } from "./managed-fields.ts";
import { patchObject } from "./patch-object.ts";
import { patchOf } from "./patch-body.ts";
import { dropServerFields, keepOtherHalf, requireSameNamespace, requireSameObject } from "./prepare-object.ts";
import { readObject } from "./read-object.ts";
import { deadlineOf } from "./request-deadline.ts";
import { listOptionsOf, watchOptionsOf, writeOptionsOf } from "./request-options.ts";
import type { RequestContext } from "./request-context.ts";
import { requireAllowed } from "./require-allowed.ts";
import { resolveTarget } from "./resolve-target.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import { CollectingContext } from "./resource-request.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";
import { serveComputed } from "./serve-computed.ts";
import { serveNonResource } from "./serve-non-resource.ts";
import { serveSubresource } from "./serve-subresource.ts";
import type { Server } from "./server.ts";
import type { Target, Verb } from "./target.ts";
import { turnForQuery } from "./take-turns.ts";
import { TextAnswer } from "./text-answer.ts";
import { toStatusError } from "./to-status-error.ts";
import { anonymousUser } from "./user.ts";
import type { User } from "./user.ts";
import { storeChanged, storeNew } from "./write-object.ts";
import { watchRequestOf } from "./watch-request.ts";

/** Every request, from socket to answer, in the order things happen. Never rejects. */
export async function serveRequest(http: HttpRequest, server: Server): Promise<HttpResponse> {
  const { options } = server;
  const received = options.clock();
  let context = new CollectingContext(auditIdOf(http, server), received, Infinity, anonymousUser, "");
  let target: Target | undefined;
  let seat: { leave(): void } | undefined;
  let trail: AuditTrail | undefined;
  let response: HttpResponse;
  try {
    const deadline = deadlineOf(http, received); //                                             400
    const endpoint = await options.frontDoor.resolve(http); //                             400 403 404
    if ("status" in endpoint) return endpoint;
    target = resolveTarget(http, endpoint.cluster, endpoint.path); //                           404 307
    const caller = await authenticate(http, endpoint.cluster, options); //                 401
    trail = options.auditor && beginAudit(http, endpoint.virtual ? http.path : endpoint.path, target, caller, context, server);
    if (trail) http = trail.http; //                                                       its body is written down too
    const user = await impersonate(http, caller, endpoint.cluster, options, target); //    400 403
    if (user !== caller) trail?.impersonated(user);
    context = new CollectingContext(context.auditId, received, deadline, user, endpoint.cluster);
    context.trail = trail;
    seat = await server.seats.seat(user.name); //                                          429
    const surface = await endpoint.surfaces(endpoint.cluster); //                          which APIs there are; not disclosed yet
    const { generation } = server.hub;
    await requireAllowed(endpoint.authorize, user, target, context, http); //              403      before lookup: do not reveal what exists
    const { ground } = context;
    if (target.kind === "nonResource") response = await serveNonResource(http, target, endpoint, surface, context, server);
    else {
      const resourceTarget = target;
      const definition = lookUpResource(target, http, surface, endpoint.virtual); //            404 405
      if (endpoint.actAs) context = context.as(endpoint.actAs(user, target));
      if (definition.deprecationWarning) context.warn(definition.deprecationWarning);
      const request: ResourceRequest = {
        server,
        definition,
        cluster: target.cluster,
        namespace: definition.namespaced ? target.namespace : "",
        name: target.name,
        subresource: target.subresource,
        context,
        admission: endpoint.admission ? [...endpoint.admission, ...options.admission] : options.admission,
        userAgent: endpoint.userAgent ?? (http.headers["user-agent"] as string | undefined) ?? "",
        virtual: endpoint.virtual,
        requireCreateAllowed: () => requireAllowed(endpoint.authorize, user, { ...resourceTarget, verb: "create" }, context, http),
        ...(target.verb === "watch" ? { currentDefinition: () => definitionNow(endpoint, resourceTarget) } : {}),
        ...(target.verb === "watch" && ground !== undefined
          ? { recheck: { ground, generation, refusal: () => refusalNow(endpoint.authorize, user, resourceTarget, http) } }
          : {}),
      };
      const turn = turnForQuery(http.query.text);
      if (turn) await turn;
      if (definition.computed && (!definition.computed.readsOnly || target.verb === "get" || target.verb === "list"))
        response = await serveComputed(http, request, target.verb, context);
      else if (target.subresource !== "" && target.subresource !== "status")
        response = await serveSubresource(http, request, target.verb, context);
      else response = await verbs[target.verb](http, request, context);
    }
  } catch (error) {
    response = answerFailure(error, http, context, target, server);
    if (!trail && response.status === 401 && options.auditor && target) beginAudit(http, http.path, target, undefined, context, server);
  } finally {
    seat?.leave();
    options.audit?.({ context, target, http, status: context.status });
  }
  return trail
    ? trail.answered(response, { status: response.status, answer: context.answered, annotations: context.annotations })
    : response;
}

/** What asking again says. It is no part of the request's audit event, which has been written. */
async function refusalNow(authorize: Authorizer, user: User, target: Target, http: HttpRequest): Promise<unknown> {
  try {
    await requireAllowed(authorize, user, target, new CollectingContext("", 0, Infinity, user, target.cluster), http);
    return undefined;
  } catch (error) {
    return error;
  }
}

type VerbHandler = (http: HttpRequest, request: ResourceRequest, context: CollectingContext) => HttpResponse | Promise<HttpResponse>;

const verbs: Record<Verb, VerbHandler> = { get, list, watch, create, update, patch, delete: remove, deletecollection };

async function get(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, false, false, virtual); //                    406
  const payload = await readObject(request, http.query.text === "" ? "" : (http.query.get("resourceVersion") ?? "")); // 404 504
  return answer(200, await encodeObject(payload, form, http, protobuf, clock()), http, context, virtual);
}

async function list(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, cluster, namespace, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, true, false, virtual); //                     406
  const options = listOptionsOf(http.query); //                                                 400
  const selection = selectionOf(definition, options.labelSelector, options.fieldSelector); //   400
  const lists = isPlainJson(form, http) ? server.lists : undefined;
  const page = await listPage({ definition, cluster, namespace, selection, options, query: http.query }, server.store, server.hub, lists); // 400 410 422 504
  return answer(200, await encodeList(definition, page, form, http, protobuf, clock()), http, context, virtual);
}

async function watch(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  if (server.health.draining) throw plainError("the server is shutting down");
  const form = formOf(http, definition, server.options.protobuf, true, true, virtual); //       406
  const options = watchOptionsOf(http.query); //                                                400 422
  const eventsOf = (it: ResourceDefinition) => eventFormOf(it, form, http, server.options.protobuf, server.options.clock);
  const { contentType, events } = eventsOf(definition);
  const wanted = watchRequestOf(request, options, events, (it) => eventsOf(it).events); //      400 500
  return answer(200, { contentType, body: (sink) => server.hub.open(wanted, sink) }, http, context, virtual, true);
}

async function create(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, false, false, virtual); //                    406
  const options = writeOptionsOf(http.query, "CreateOptions"); //                               422
  const submitted = await decodeBody(http, definition, protobuf); //                            400 413 415
  const { turn } = submitted;
  const decoded = submitted.decode(); //                                                        400 422
  const { object, complaints } = decoded instanceof Promise ? await decoded : decoded;
  context.trail?.submitted(object);
  reportComplaints(complaints, options.fieldValidation, definition, (text) => context.warn(text)); // 400 when strict
  requireSameNamespace(object, request); //                                                     400
  if (object.metadata.resourceVersion && object.metadata.resourceVersion !== "0")
    throw plainError("resourceVersion should not be set on objects to be created"); // 500, as upstream
  dropServerFields(object);
  keepOtherHalf(object, undefined, request);
  if (turn) await turn();
  trackManagedFields(object, undefined, request, options);
  const payload = await storeNew(turn ? { ...request, turn } : request, object, options); //    403 404 409 422
  if (turn) await turn();
  return answer(201, await encodeObject(payload, form, http, protobuf, clock()), http, context, virtual);
}

async function update(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, false, false, virtual); //                    406
  const options = writeOptionsOf(http.query, "UpdateOptions"); //                               422
  const submitted = await decodeBody(http, definition, protobuf); //                            400 413 415
  const { turn } = submitted;
  const { payload, created } = await storeChanged(
    turn ? { ...request, turn } : request,
    {
      async next() {
        const decoded = submitted.decode(); //                                                  400 422
        const { object, complaints } = decoded instanceof Promise ? await decoded : decoded;
        context.trail?.submitted(object);
        reportComplaints(complaints, options.fieldValidation, definition, (text) => context.warn(text)); // 400 when strict
        requireSameObject(object, request); //                                                  400
        return object;
      },
      creates: definition.strategy.allowCreateOnUpdate && request.subresource === "",
      uidIsPrecondition: true,
      track: (next, current) => trackManagedFields(next, current, request, options),
    },
    options,
  ); //                                                                                         403 404 409 422
  return answer(created ? 201 : 200, await encodeObject(payload, form, http, protobuf, clock()), http, context, virtual);
}

async function patch(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, false, false, virtual); //                    406
  // kinds that client-go knows get its strategic patches too, wherever their schema comes from
  const strategic = definition.builtIn || protobuf?.decodes(definition);
  const submitted = await patchOf(http, definition, strategic); //                              400 413 415
  const options = writeOptionsOf(http.query, "PatchOptions", submitted.type === "apply"); //    422
  const { payload, created } = await patchObject(request, submitted, options); //               400 403 404 409 422
  return answer(created ? 201 : 200, await encodeObject(payload, form, http, protobuf, clock()), http, context, virtual);
}

async function remove(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, false, false, virtual); //                    406
  const options = await deleteOptionsOf(http, protobuf); //                                     400 413 415 422
  const deleted = await deleteObject(request, options); //                                      403 404 409
  if ("status" in deleted) context.answered = deleted.status;
  if ("status" in deleted) return answer(200, encodeStatus(deleted.status, http, protobuf), http, context, virtual);
  return answer(200, await encodeObject(deleted.object, form, http, protobuf, clock()), http, context, virtual);
}

async function deletecollection(http: HttpRequest, request: ResourceRequest, context: CollectingContext): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, true, false, virtual); //                     406
  const options = listOptionsOf(http.query); //                                                 400
  const deletion = await deleteOptionsOf(http, protobuf); //                                    400 413 415 422
  const { objects, metadata } = await deleteCollection(request, options, deletion); //          400 403 409
  return answer(200, encodeObjects(definition, objects, metadata, form, http, protobuf, clock()), http, context, virtual);
}

/** A request's own id is echoed, if it is one. */
function auditIdOf(http: HttpRequest, server: Server): string {
  const given = http.headers["audit-id"];
  return typeof given === "string" && /^[\x21-\x7e]{1,64}$/.test(given) ? given : server.options.uid();
}

/** @param user undefined when nobody could be told from the credentials */
function beginAudit(
  http: HttpRequest,
  path: string,
  target: Target,
  user: User | undefined,
  { auditId, received }: RequestContext,
  { options }: Server,
): AuditTrail | undefined {
  const trail = beginTrail({ http, target, path, user, auditId, received }, options.auditor!, options.clock, options.protobuf);
  if (user) trail?.received();
  else trail?.refused(401);
  return trail;
}

/** The one place where what was thrown becomes an answer. */
function answerFailure(
  error: unknown,
  http: HttpRequest,
  context: CollectingContext,
  target: Target | undefined,
  server: Server,
): HttpResponse {
  if (error instanceof RequestAborted) return { status: 499, headers: {}, body: undefined };
  if (error instanceof TextAnswer) {
    context.status = error.code;
    const headers = { ...headersOf(context.auditId, "text/plain; charset=utf-8"), ...error.headers };
    return { status: error.code, headers, body: error.text };
  }
  const resource = target?.kind === "resource" ? { group: target.group, resource: target.resource } : undefined;
  const { status } = toStatusError(error, resource, server.options.log);
  context.status = status.code;
  context.answered = status;
  const { contentType, body } = encodeStatus(status, http, server.options.protobuf);
  const headers = headersOf(context.auditId, contentType, status.code !== 401);
  if (context.warnings) headers.warning = warningHeaders(context.warnings);
  if (status.code === 403) headers["x-content-type-options"] = "nosniff";
  if (status.details?.retryAfterSeconds) headers["retry-after"] = String(status.details.retryAfterSeconds);
  headers["content-length"] = String(typeof body === "string" ? Buffer.byteLength(body) : body.length);
  return { status: status.code, headers, body };
}
