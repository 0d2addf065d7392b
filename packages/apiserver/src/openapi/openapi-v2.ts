import type { ResourceDefinition } from "../resource-definition.ts";
import { ComponentSchemas } from "./component-schemas.ts";
import type { ComponentNameOf } from "./component-schemas.ts";
import { sorted, words } from "./openapi-v3.ts";
import { pathsOf } from "./operations.ts";
import type { Operation, Parameter } from "./operations.ts";

/** The OpenAPI 2.0 document of the built-in groups, all in one. @see wire 39, 40 */
export function openApiV2(definitions: readonly ResourceDefinition[], componentNameOf: ComponentNameOf, version: string): object {
  const schemas = new ComponentSchemas(componentNameOf, "#/definitions/");
  const paths: Record<string, object> = {};
  for (const definition of definitions) {
    for (const { path, parameters, operations } of pathsOf(definition, schemas)) {
      const item: Record<string, object> = {};
      for (const operation of operations) item[operation.method] = operationObject(operation);
      paths[path] = { ...item, parameters: parameters.map(parameterObject) };
    }
  }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version },
    paths: sorted(paths),
    definitions: sorted(schemas.schemas),
  };
}

function operationObject({ id, description, tag, parameters, consumes, body, produces, responses, action, gvk }: Operation): object {
  const answers: Record<string, object> = {};
  for (const [code, schema] of responses) answers[code] = { description: words[code] ?? "OK", schema };
  answers[401] = { description: words[401]! };
  const inputs: object[] = parameters.map(parameterObject);
  if (body)
    inputs.unshift({
      name: "body",
      in: "body",
      ...(action === "delete" || action === "deletecollection" ? {} : { required: true }),
      schema: body,
    });
  return {
    consumes: consumes.length > 0 ? consumes : ["*/*"],
    description,
    operationId: id,
    ...(inputs.length > 0 ? { parameters: inputs } : {}),
    produces,
    responses: answers,
    schemes: ["https"],
    tags: [tag],
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
  };
}

const parameterObject = ({ name, in: place, type, description }: Parameter): object => ({
  description,
  in: place,
  name,
  ...(place === "path" ? { required: true } : {}),
  type,
  uniqueItems: true,
});
