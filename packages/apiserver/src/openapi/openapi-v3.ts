import type { ResourceDefinition } from "../resource-definition.ts";
import { ComponentSchemas } from "./component-schemas.ts";
import type { ComponentNameOf } from "./component-schemas.ts";
import { pathsOf } from "./operations.ts";
import type { Operation, Parameter } from "./operations.ts";

/** The OpenAPI 3.0 document of one group and version. @see wire §4 */
export function openApiV3(definitions: readonly ResourceDefinition[], componentNameOf: ComponentNameOf, version: string): object {
  const schemas = new ComponentSchemas(componentNameOf);
  const paths: Record<string, object> = {};
  const builtIn = definitions[0]?.builtIn === true;
  for (const definition of definitions) {
    for (const { path, parameters, operations } of pathsOf(definition, schemas)) {
      const item: Record<string, object> = {};
      for (const operation of operations) item[operation.method] = operationObject(operation);
      paths[path] = { ...item, parameters: parameters.map(parameterObject) };
    }
  }
  return {
    openapi: "3.0.0",
    info: builtIn ? { title: "Kubernetes", version } : { title: "Kubernetes CRD Swagger", version: "v0.1.0" },
    paths: sorted(paths),
    components: { schemas: sorted(schemas.schemas) },
  };
}

export function sorted(object: Record<string, object>): Record<string, object> {
  const result: Record<string, object> = {};
  for (const key of Object.keys(object).sort()) result[key] = object[key]!;
  return result;
}

function operationObject({ id, description, tag, parameters, consumes, body, produces, responses, action, gvk }: Operation): object {
  const answers: Record<string, object> = {};
  for (const [code, schema] of responses) answers[code] = { description: words[code] ?? "OK", content: contentOf(produces, schema) };
  answers[401] = { description: words[401]! };
  return {
    tags: [tag],
    description,
    operationId: id,
    ...(parameters.length > 0 ? { parameters: parameters.map(parameterObject) } : {}),
    ...(body
      ? {
          requestBody: {
            content: contentOf(consumes, body),
            ...(action === "delete" || action === "deletecollection" ? {} : { required: true }),
          },
        }
      : {}),
    responses: answers,
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
  };
}

export const words: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted", 401: "Unauthorized" };

const contentOf = (types: readonly string[], schema: object): object => Object.fromEntries(types.map((type) => [type, { schema }]));

const parameterObject = ({ name, in: place, type, description }: Parameter): object => ({
  name,
  in: place,
  description,
  ...(place === "path" ? { required: true } : {}),
  schema: { type, uniqueItems: true },
});
