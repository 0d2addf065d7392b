import { everything as everyLabel, methodNotAllowed, notFound, parseLabelSelector } from "@meshplane/apimachinery";
import { answer } from "./answer.ts";
import { encodeObject, encodeObjects, formOf } from "./answer-forms.ts";
import { decodeBody, reportComplaints } from "./decode-body.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import { trackManagedFields } from "./managed-fields.ts";
import { Payload } from "./payload.ts";
import { requireSameNamespace } from "./prepare-object.ts";
import { writeOptionsOf } from "./request-options.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ComputedRequest } from "./resource-definition.ts";
import type { CollectingContext, ResourceRequest } from "./resource-request.ts";
import type { Verb } from "./target.ts";
import { selectionOf } from "./selection.ts";

/** Reviews and computed lists: objects that are made when they are asked for. @throws StatusError 404, 405 and what the resource throws */
export async function serveComputed(
  http: HttpRequest,
  request: ResourceRequest,
  verb: Verb,
  context: CollectingContext,
): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const form = formOf(http, definition, protobuf, verb === "list", false, virtual);
  const computed = definition.computed!;
  if (verb === "create" && computed.create) {
    const options = writeOptionsOf(http.query, "CreateOptions");
    const { object, complaints } = await (await decodeBody(http, definition, protobuf)).decode();
    reportComplaints(complaints, options.fieldValidation, definition, (text) => context.warn(text));
    requireSameNamespace(object, request);
    trackManagedFields(object, undefined, request, options);
    const made = await computed.create(object, computedRequestOf(request, ""));
    return answer(201, await encodeObject(new Payload(definition, undefined, made), form, http, protobuf, clock()), http, context, virtual);
  }
  if (verb === "get" && computed.get) {
    const object = await computed.get(computedRequestOf(request, ""));
    if (!object) throw notFound(groupResourceOf(definition), request.name);
    return answer(
      200,
      await encodeObject(new Payload(definition, undefined, object), form, http, protobuf, clock()),
      http,
      context,
      virtual,
    );
  }
  if (verb === "list" && computed.list) {
    const labels = http.query.get("labelSelector") ?? "";
    selectionOf(definition, labels, http.query.get("fieldSelector") ?? "");
    const { items, metadata } = await computed.list(computedRequestOf(request, labels));
    return answer(200, encodeObjects(definition, items, metadata, form, http, protobuf, clock()), http, context, virtual);
  }
  throw methodNotAllowed();
}

export function computedRequestOf({ cluster, namespace, name, context }: ResourceRequest, labels: string): ComputedRequest {
  return { cluster, namespace, name, labelSelector: labels === "" ? everyLabel : parseLabelSelector(labels), context };
}
