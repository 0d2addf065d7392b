/**
 * An OpenAPI 3.0 document as protobuf, which client-go reads. Numbers are those of openapiv3/OpenAPIv3.proto of gnostic.
 * @see wire 39
 */
import { any, choice, double, extensions, flag, inner, integer, message, named, text, texts } from "./protobuf-writer.ts";

type Json = Record<string, unknown>;
type Named = Record<string, Json>;

/** @param document what `openApiV3` made */
export function encodeOpenApiV3(document: object): Uint8Array {
  const { openapi, info, paths, components } = document as {
    openapi: string;
    info: { title: string; version: string };
    paths: Named;
    components: { schemas: Named };
  };
  return message([
    text(1, openapi),
    inner(2, [text(1, info.title), text(6, info.version)]),
    inner(4, each(1, paths, pathItem)),
    inner(5, [inner(1, each(1, components.schemas, schemaOrReference))]),
  ]);
}

/** additional_properties: pairs of a name and a value */
const each = (field: number, values: Named | undefined, encode: (value: Json) => Uint8Array[]): Uint8Array[] =>
  Object.keys(values ?? {}).map((name) => named(field, name, encode(values![name]!)));

const methods: Readonly<Record<string, number>> = { get: 4, put: 5, post: 6, delete: 7, options: 8, head: 9, patch: 10 };

function pathItem(item: Json): Uint8Array[] {
  const parts = Object.keys(methods).flatMap((method) => (item[method] ? [inner(methods[method]!, operation(item[method] as Json))] : []));
  for (const one of (item.parameters ?? []) as Json[]) parts.push(inner(13, [inner(1, parameter(one))]));
  return parts;
}

function operation(operation: Json): Uint8Array[] {
  return [
    ...texts(1, operation.tags),
    text(3, operation.description),
    text(5, operation.operationId),
    ...((operation.parameters ?? []) as Json[]).map((one) => inner(6, [inner(1, parameter(one))])),
    ...(operation.requestBody ? [inner(7, [inner(1, requestBody(operation.requestBody as Json))])] : []),
    inner(
      8,
      each(2, operation.responses as Named, (response) => [inner(1, answer(response))]),
    ),
    ...extensions(13, operation),
  ];
}

function parameter({ name, in: place, description, required, schema: shown }: Json): Uint8Array[] {
  const head = [text(1, name), text(2, place), text(3, description), flag(4, required)];
  return shown ? [...head, inner(10, schemaOrReference(shown as Json))] : head;
}

const requestBody = ({ content, required }: Json): Uint8Array[] => [inner(2, each(1, content as Named, mediaType)), flag(3, required)];

const answer = ({ description, content }: Json): Uint8Array[] => [
  text(1, description),
  ...(content ? [inner(3, each(1, content as Named, mediaType))] : []),
];

const mediaType = ({ schema: shown }: Json): Uint8Array[] => (shown ? [inner(1, schemaOrReference(shown as Json))] : []);

const schemaOrReference = (source: Json): Uint8Array[] =>
  typeof source.$ref === "string" ? [inner(2, [text(1, source.$ref), text(3, source.description)])] : [inner(1, schema(source))];

function schema(source: Json): Uint8Array[] {
  const { additionalProperties, items, not, properties, type } = source;
  const all = (field: number, list: unknown): Uint8Array[] => ((list ?? []) as Json[]).map((one) => inner(field, schemaOrReference(one)));
  return [
    flag(1, source.nullable),
    text(9, source.title),
    double(10, source.multipleOf),
    double(11, source.maximum),
    flag(12, source.exclusiveMaximum),
    double(13, source.minimum),
    flag(14, source.exclusiveMinimum),
    integer(15, source.maxLength),
    integer(16, source.minLength),
    text(17, source.pattern),
    integer(18, source.maxItems),
    integer(19, source.minItems),
    flag(20, source.uniqueItems),
    integer(21, source.maxProperties),
    integer(22, source.minProperties),
    ...texts(23, source.required),
    ...((source.enum ?? []) as unknown[]).map((value) => inner(24, any(value))),
    text(25, type),
    ...all(26, source.allOf),
    ...all(27, source.oneOf),
    ...all(28, source.anyOf),
    ...(not ? [inner(29, schema(not as Json))] : []),
    ...(items ? [inner(30, [inner(1, schemaOrReference(items as Json))])] : []),
    ...(properties ? [inner(31, each(1, properties as Named, schemaOrReference))] : []),
    ...(additionalProperties === undefined
      ? []
      : [
          inner(
            32,
            typeof additionalProperties === "boolean"
              ? [choice(2, additionalProperties)]
              : [inner(1, schemaOrReference(additionalProperties as Json))],
          ),
        ]),
    ...defaultOf(source.default),
    text(34, source.description),
    text(35, source.format),
    ...extensions(36, source),
  ];
}

/** The message has a place for numbers, booleans and texts; of others it says that there is something. */
function defaultOf(value: unknown): Uint8Array[] {
  if (typeof value === "number") return [inner(33, [double(1, value)])];
  if (typeof value === "boolean") return [inner(33, [choice(2, value)])];
  if (typeof value === "string") return [inner(33, texts(3, [value]))];
  return value === undefined ? [] : [inner(33, [])];
}
