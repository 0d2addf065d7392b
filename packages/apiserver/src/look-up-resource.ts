import { badRequest, failure, forbidden, methodNotAllowed, methodNotSupported, notFound, unknownResource } from "@meshplane/apimachinery";
import type { Endpoint } from "./front-door.ts";
import type { HttpRequest } from "./http/http-request.ts";
import { groupResourceOf } from "./resource-definition.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { Surface } from "./surface.ts";
import type { ResourceTarget, Verb } from "./target.ts";
import { pageNotFound } from "./text-answer.ts";

/** What the target names, if it exists and has this verb. @throws StatusError 400, 404, 405; TextAnswer 404 (wire 12–17) */
export function lookUpResource(target: ResourceTarget, http: HttpRequest, surface: Surface, virtual: boolean): ResourceDefinition {
  const { group, version, resource, cluster, verb } = target;
  const definition = surface.lookup(group, version, resource, target.identity);
  if (!definition) throw virtual ? pageNotFound() : missing(target, surface);
  if (cluster === "*") {
    if (virtual) requireVirtualWildcard(target);
    else requireWildcardVerb(target, definition);
  }
  if (target.subresource !== "") return withSubresource(target, http, definition);
  if (target.namespace !== "" && !definition.namespaced && target.name !== "") throw notHere(definition);
  if (target.namespace !== "" && !definition.namespaced) throw notHere(definition);
  if (isMethodUnknown(http.method, definition))
    throw definition.builtIn ? methodNotAllowed() : methodNotSupported(groupResourceOf(definition), "");
  // /apis/…/widgets/name of a namespaced resource: no such address
  if (definition.namespaced && target.namespace === "" && target.name !== "" && !(cluster === "*" && virtual)) throw notHere(definition);
  if (target.name !== "" && definition.builtIn && !namedVerbs.some((it) => definition.verbs.includes(it))) throw unknownResource();
  requireShape(target, http, definition);
  if (!definition.verbs.includes(verb)) {
    if (verb === "create" && definition.createRefusal !== undefined)
      throw forbidden(groupResourceOf(definition), "", definition.createRefusal);
    throw refused(definition, verb);
  }
  return definition;
}

const namedVerbs: readonly Verb[] = ["get", "update", "patch", "delete"];
const knownMethods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);
const isMethodUnknown = (method: string, definition: ResourceDefinition): boolean =>
  !knownMethods.has(method) && !(method === "HEAD" && !definition.builtIn);

/** Names have no POST, collections no PUT and PATCH. */
function requireShape({ name, namespace, verb }: ResourceTarget, http: HttpRequest, definition: ResourceDefinition): void {
  if (name !== "" && verb === "create" && definition.builtIn) throw methodNotAllowed();
  if (name === "" && (verb === "update" || verb === "patch"))
    throw definition.builtIn ? methodNotAllowed() : badRequest("name must be provided");
  if (definition.namespaced && namespace === "" && (verb === "create" || verb === "deletecollection") && name === "")
    throw refused(definition, http.method === "POST" ? "create" : verb);
}

/** A group that is built in answers with a Status, others as if the path did not exist. */
function missing({ group }: ResourceTarget, surface: Surface): Error {
  const known = group === "" || surface.definitions.some((definition) => definition.builtIn && definition.group === group);
  return known ? unknownResource() : pageNotFound();
}

const notHere = (definition: ResourceDefinition): Error => (definition.builtIn ? unknownResource() : pageNotFound());

const refused = (definition: ResourceDefinition, verb: Verb): Error =>
  definition.builtIn ? methodNotAllowed() : methodNotSupported(groupResourceOf(definition), verb);

function withSubresource(target: ResourceTarget, http: HttpRequest, definition: ResourceDefinition): ResourceDefinition {
  const { subresource, name, verb } = target;
  const found = Object.hasOwn(definition.subresources, subresource) ? definition.subresources[subresource] : undefined;
  if (!found)
    throw definition.builtIn || subresource.includes("/")
      ? definition.builtIn
        ? unknownResource()
        : pageNotFound()
      : notFound(groupResourceOf(definition), name);
  if (!knownMethods.has(http.method) || !found.verbs.includes(verb)) throw refused(definition, verb);
  return definition;
}

/** A view across clusters is for lists and watches: nothing else has an address there (golden virtual-apiexport). */
function requireVirtualWildcard({ verb, subresource }: ResourceTarget): void {
  if ((verb === "list" || verb === "watch") && subresource === "") return;
  const causes = [{ reason: "UnexpectedServerResponse", message: "404 page not found" }];
  throw failure(404, "NotFound", { causes }, "the server could not find the requested resource");
}

/** wire 17 */
function requireWildcardVerb({ verb, subresource }: ResourceTarget, definition: ResourceDefinition): void {
  if ((verb === "list" || verb === "watch") && subresource === "") return;
  const { status } = methodNotSupported(groupResourceOf(definition), verb);
  throw failure(405, "MethodNotAllowed", status.details, `${status.message} in the \`*\` logical cluster`);
}

/** What the target names by now; undefined when it is gone, or the surface is not at hand. */
export function definitionNow(endpoint: Endpoint, { group, version, resource, identity }: ResourceTarget): ResourceDefinition | undefined {
  const surface = endpoint.surfaces(endpoint.cluster);
  return surface instanceof Promise ? undefined : surface.lookup(group, version, resource, identity);
}
