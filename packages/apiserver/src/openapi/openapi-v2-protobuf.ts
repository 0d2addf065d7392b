/**
 * The OpenAPI 2.0 document as protobuf, which client-go reads. Numbers are those of openapiv2/OpenAPIv2.proto of gnostic.
 * @see wire 39
 */
import { any, choice, double, extensions, flag, inner, integer, message, named, text, texts } from "./protobuf-writer.ts";

type Json = Record<string, unknown>;

/** @param document what `openApiV2` made */
export function encodeOpenApiV2(document: object): Uint8Array {
  const { swagger, info, paths, definitions } = document as {
    swagger: string;
    info: { title: string; version: string };
    paths: Record<string, Json>;
    definitions: Record<string, Json>;
  };
  return message([
    text(1, swagger),
    inner(2, [text(1, info.title), text(2, info.version)]),
    inner(
      8,
      Object.keys(paths).map((path) => named(2, path, pathItem(paths[path]!))),
    ),
    inner(
      9,
      Object.keys(definitions).map((name) => named(1, name, schema(definitions[name]!))),
    ),
  ]);
}

const methods: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(item: Json): Uint8Array[] {
  const parts = Object.keys(methods).flatMap((method) => (item[method] ? [inner(methods[method]!, operation(item[method] as Json))] : []));
  for (const one of (item.parameters ?? []) as Json[]) parts.push(inner(9, [inner(1, parameter(one))]));
  return parts;
}

function operation(operation: Json): Uint8Array[] {
  const responses = operation.responses as Record<string, Json>;
  return [
    ...texts(1, operation.tags),
    text(3, operation.description),
    text(5, operation.operationId),
    ...texts(6, operation.produces),
    ...texts(7, operation.consumes),
    ...((operation.parameters ?? []) as Json[]).map((one) => inner(8, [inner(1, parameter(one))])),
    inner(
      9,
      Object.keys(responses).map((code) => named(1, code, [inner(1, response(responses[code]!))])),
    ),
    ...texts(10, operation.schemes),
    ...extensions(13, operation),
  ];
}

function response({ description, schema: shown }: Json): Uint8Array[] {
  return [text(1, description), ...(shown ? [inner(2, [inner(1, schema(shown as Json))])] : [])];
}

function parameter({ in: place, name, description, required, schema: shown, type, uniqueItems }: Json): Uint8Array[] {
  if (place === "body")
    return [inner(1, [text(1, description), text(2, name), text(3, place), flag(4, required), inner(5, schema(shown as Json))])];
  const head = [flag(1, required), text(2, place), text(3, description), text(4, name)];
  if (place === "path") return [inner(2, [inner(4, [...head, text(5, type), flag(19, uniqueItems)])])];
  return [inner(2, [inner(3, [...head, text(6, type), flag(20, uniqueItems)])])];
}

function schema(source: Json): Uint8Array[] {
  const { properties, additionalProperties, items, allOf, type } = source;
  const parts = [
    text(1, source.$ref),
    text(2, source.format),
    text(3, source.title),
    text(4, source.description),
    ...(source.default === undefined ? [] : [inner(5, any(source.default))]),
    double(7, source.maximum),
    double(9, source.minimum),
    integer(11, source.maxLength),
    integer(12, source.minLength),
    text(13, source.pattern),
    integer(14, source.maxItems),
    integer(15, source.minItems),
    ...texts(19, source.required),
    ...((source.enum ?? []) as unknown[]).map((value) => inner(20, any(value))),
  ];
  if (typeof additionalProperties === "boolean") parts.push(inner(21, [choice(2, additionalProperties)]));
  else if (additionalProperties) parts.push(inner(21, [inner(1, schema(additionalProperties as Json))]));
  if (typeof type === "string") parts.push(inner(22, [text(1, type)]));
  if (items) parts.push(inner(23, [inner(1, schema(items as Json))]));
  for (const one of (allOf ?? []) as Json[]) parts.push(inner(24, schema(one)));
  if (properties)
    parts.push(
      inner(
        25,
        Object.keys(properties).map((name) => named(1, name, schema((properties as Record<string, Json>)[name]!))),
      ),
    );
  return [...parts, ...extensions(31, source)];
}
