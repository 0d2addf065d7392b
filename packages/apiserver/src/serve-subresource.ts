import { decodeJson, JsonSyntaxError, badRequest, methodNotAllowed } from "@meshplane/apimachinery";
import type { JsonObject, KubeObject } from "@meshplane/apimachinery";
import { answer } from "./answer.ts";
import { encodeObject, formOf } from "./answer-forms.ts";
import { contentTypeOf } from "./decode-body.ts";
import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import { managerOf } from "./managed-fields.ts";
import { Payload } from "./payload.ts";
import { writeOptionsOf } from "./request-options.ts";
import type { CollectingContext, ResourceRequest } from "./resource-request.ts";
import type { Verb } from "./target.ts";
import { parseYaml } from "./yaml/parse-yaml.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Subresources that bring their own handler: token, scale, finalize, … @throws StatusError 400, 405, 413 and what the handler throws */
export async function serveSubresource(
  http: HttpRequest,
  request: ResourceRequest,
  verb: Verb,
  context: CollectingContext,
): Promise<HttpResponse> {
  const { server, definition, virtual } = request;
  const { protobuf, clock } = server.options;
  const subresource = definition.subresources[request.subresource]!;
  if (!subresource.handle) throw methodNotAllowed();
  const shown: ResourceDefinition = {
    ...definition,
    kind: subresource.kind,
    group: subresource.group ?? definition.group,
    version: subresource.version ?? definition.version,
  };
  const form = formOf(http, shown, protobuf, false, false, virtual);
  const options =
    verb === "get"
      ? undefined
      : writeOptionsOf(
          http.query,
          verb === "create" ? "CreateOptions" : verb === "update" ? "UpdateOptions" : "PatchOptions",
          contentTypeOf(http).startsWith("application/apply-patch"),
        );
  const object = await subresource.handle({
    verb,
    cluster: request.cluster,
    namespace: request.namespace,
    name: request.name,
    body: verb === "get" ? undefined : await bodyOf(http, shown, request),
    ...(verb === "patch" ? { patchType: contentTypeOf(http) } : {}),
    dryRun: options?.dryRun ?? false,
    ...(options ? { manager: managerOf(request, options) } : {}),
    context,
  });
  return answer(
    verb === "create" ? 201 : 200,
    await encodeObject(new Payload(shown, undefined, object), form, http, protobuf, clock()),
    http,
    context,
    virtual,
  );
}

async function bodyOf(http: HttpRequest, definition: ResourceDefinition, { server }: ResourceRequest): Promise<JsonObject> {
  const bytes = await http.readBody();
  const type = contentTypeOf(http);
  if (bytes.length === 0) return {};
  if (type === "application/vnd.kubernetes.protobuf" && server.options.protobuf)
    return server.options.protobuf.decode(bytes, definition) as KubeObject as unknown as JsonObject;
  try {
    const value =
      type === "application/yaml" || type.endsWith("+yaml") ? (await parseYaml(bytes)).value : decodeJson(bytes, { maxDepth: 1_000 }).value;
    return value as JsonObject;
  } catch (error) {
    if (error instanceof JsonSyntaxError || (error instanceof Error && error.name === "YamlSyntaxError")) throw badRequest(error.message);
    throw error;
  }
}
