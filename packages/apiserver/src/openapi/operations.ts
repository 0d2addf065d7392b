import type { ResourceDefinition, Subresource } from "../resource-definition.ts";
import type { Verb } from "../target.ts";
import type { ComponentSchemas } from "./component-schemas.ts";
import { gvk } from "./component-schemas.ts";

/** An operation of either version of OpenAPI, before it is written in that version's way. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly action: string;
  readonly id: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** types of the body, and what it is */
  readonly consumes: readonly string[];
  readonly body: object | undefined;
  readonly produces: readonly string[];
  readonly responses: ReadonlyMap<number, object>;
  readonly tag: string;
  readonly gvk: object;
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "boolean" | "integer";
  readonly description: string;
}

export interface PathItem {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

const query = (name: string, type: Parameter["type"], description: string): Parameter => ({ name, in: "query", type, description });
const dryRun = query("dryRun", "string", "All: nothing is stored.");
const fieldManager = query("fieldManager", "string", "Who the changed fields belong to.");
const fieldValidation = query("fieldValidation", "string", "What becomes of unknown fields: Ignore, Warn or Strict.");
const force = query("force", "boolean", "Take fields that others manage.");
const pretty = query("pretty", "string", "true: indented output.");
const writeParameters = [dryRun, fieldManager, fieldValidation];
const deleteParameters = [
  dryRun,
  query("gracePeriodSeconds", "integer", "How long deletion may take, in seconds."),
  query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean", "Delete what cannot be read."),
  query("orphanDependents", "boolean", "Older form of propagationPolicy."),
  query("propagationPolicy", "string", "Orphan, Background or Foreground: what becomes of dependents."),
];
const listParameters = [
  query("allowWatchBookmarks", "boolean", "Send bookmarks on a watch."),
  query("continue", "string", "Where the next page begins."),
  query("fieldSelector", "string", "Only objects whose fields match."),
  query("labelSelector", "string", "Only objects whose labels match."),
  query("limit", "integer", "How many objects a page has at most."),
  query("resourceVersion", "string", "How recent the answer must be."),
  query("resourceVersionMatch", "string", "How resourceVersion is meant."),
  query("sendInitialEvents", "boolean", "Begin a watch with what is there."),
  query("shardSelector", "string", "Only part of the objects."),
  query("timeoutSeconds", "integer", "How long a watch lasts."),
  query("watch", "boolean", "Stream changes instead of a list."),
];
const namespaceParameter: Parameter = { name: "namespace", in: "path", type: "string", description: "The namespace." };
const nameParameter = ({ kind }: ResourceDefinition): Parameter => ({
  name: "name",
  in: "path",
  type: "string",
  description: `Name of the ${kind}.`,
});

const json = "application/json";
const yaml = "application/yaml";
const protobuf = "application/vnd.kubernetes.protobuf";
const patchTypes = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

/** All paths of one resource. */
export function pathsOf(definition: ResourceDefinition, schemas: ComponentSchemas): PathItem[] {
  const { group, version, resource, namespaced } = definition;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${resource}` : `${root}/${resource}`;
  const scope = namespaced ? [namespaceParameter] : [];
  const items: PathItem[] = [];
  const add = (path: string, parameters: readonly Parameter[], operations: readonly (Operation | undefined)[]): void => {
    const present = operations.filter((it) => it !== undefined);
    if (present.length > 0) items.push({ path, parameters, operations: present });
  };
  const of = operationsOf(definition, schemas);
  add(collection, [...scope, pretty], [of.list(false), of.create(), of.deleteCollection()]);
  add(`${collection}/{name}`, [nameParameter(definition), ...scope, pretty], [of.get(), of.update(), of.remove(), of.patch()]);
  for (const name of Object.keys(definition.subresources).sort()) {
    const subresource = definition.subresources[name]!;
    add(
      `${collection}/{name}/${name}`,
      [nameParameter(definition), ...scope, pretty],
      subresource.verbs.map((verb) => of.subresource(name, subresource, verb)),
    );
  }
  if (namespaced) add(`${root}/${resource}`, [...listParameters, pretty], [of.list(true)]);
  return items;
}

function operationsOf(definition: ResourceDefinition, schemas: ComponentSchemas) {
  const { kind, namespaced, builtIn, verbs } = definition;
  const produces = builtIn ? [json, yaml, protobuf] : [json, yaml];
  const scoped = `${namespaced ? "Namespaced" : ""}${kind}`;
  const version = versionName(definition);
  const object = schemas.kind(definition);
  const has = (verb: Verb): boolean => verbs.includes(verb);

  function operation(
    method: Operation["method"],
    action: string,
    id: string,
    codes: readonly number[],
    answer: object,
    rest: Partial<Operation> = {},
  ): Operation {
    return {
      method,
      action,
      id,
      description: describe(action, kind),
      parameters: [],
      consumes: [],
      body: undefined,
      produces,
      responses: new Map(codes.map((code) => [code, answer])),
      tag: tagOf(definition),
      gvk: gvk(definition, kind),
      ...rest,
    };
  }

  const patchBody = {
    consumes: builtIn ? [...patchTypes, "application/strategic-merge-patch+json"] : patchTypes,
    body: schemas.meta("Patch"),
    parameters: [dryRun, fieldManager, fieldValidation, force],
  };
  const bodyTypes = builtIn ? [json, yaml, protobuf] : [json, yaml];

  return {
    list: (everywhere: boolean) =>
      has("list")
        ? operation(
            "get",
            "list",
            everywhere ? `list${version}${kind}ForAllNamespaces` : `list${version}${scoped}`,
            [200],
            schemas.list(definition),
            {
              parameters: everywhere ? [] : listParameters,
              produces: [...produces, `${json};stream=watch`, ...(builtIn ? [`${protobuf};stream=watch`] : [])],
            },
          )
        : undefined,
    create: () =>
      has("create")
        ? operation("post", "post", `create${version}${scoped}`, [200, 201, 202], object, {
            parameters: writeParameters,
            body: object,
            consumes: bodyTypes,
          })
        : undefined,
    deleteCollection: () =>
      has("deletecollection")
        ? operation("delete", "deletecollection", `delete${version}Collection${scoped}`, [200], schemas.meta("Status"), {
            parameters: [...deleteParameters, ...listParameters.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks")],
            body: schemas.meta("DeleteOptions"),
            consumes: bodyTypes,
          })
        : undefined,
    get: () =>
      has("get")
        ? operation("get", "get", `read${version}${scoped}`, [200], object, {
            parameters: builtIn ? [] : [query("resourceVersion", "string", "How recent the answer must be.")],
          })
        : undefined,
    update: () =>
      has("update")
        ? operation("put", "put", `replace${version}${scoped}`, [200, 201], object, {
            parameters: writeParameters,
            body: object,
            consumes: bodyTypes,
          })
        : undefined,
    remove: () =>
      has("delete")
        ? operation("delete", "delete", `delete${version}${scoped}`, [200, 202], schemas.meta("Status"), {
            parameters: deleteParameters,
            body: schemas.meta("DeleteOptions"),
            consumes: bodyTypes,
          })
        : undefined,
    patch: () =>
      has("patch") ? operation("patch", "patch", `patch${version}${scoped}`, builtIn ? [200, 201] : [200], object, patchBody) : undefined,
    subresource(name: string, { kind: shown, group, version: shownVersion }: Subresource, verb: Verb): Operation | undefined {
      const suffix = name[0]!.toUpperCase() + name.slice(1);
      const answer =
        shown === kind ? object : schemas.ref(foreignName(shown, group ?? definition.group, shownVersion ?? definition.version));
      if (shown !== kind) addForeign(schemas, foreignName(shown, group ?? definition.group, shownVersion ?? definition.version));
      switch (verb) {
        case "get":
          return operation("get", "get", `read${version}${scoped}${suffix}`, [200], answer, {
            parameters: builtIn ? [] : [query("resourceVersion", "string", "How recent the answer must be.")],
          });
        case "update":
          return operation("put", "put", `replace${version}${scoped}${suffix}`, [200, 201], answer, {
            parameters: writeParameters,
            body: answer,
            consumes: bodyTypes,
          });
        case "patch":
          return operation("patch", "patch", `patch${version}${scoped}${suffix}`, builtIn ? [200, 201] : [200], answer, patchBody);
        case "create":
          return operation("post", "post", `create${version}${scoped}${suffix}`, [200, 201, 202], answer, {
            parameters: writeParameters,
            body: answer,
            consumes: bodyTypes,
          });
        default:
          return undefined;
      }
    },
  };
}

const foreignName = (kind: string, group: string, version: string): string =>
  `io.k8s.api.${group === "" ? "core" : group.split(".")[0]}.${version}.${kind}`;

/** Scale and the like: kinds that only occur as answers of subresources. */
function addForeign(schemas: ComponentSchemas, name: string): void {
  if (Object.hasOwn(schemas.schemas, name)) return;
  const head = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { allOf: [schemas.meta("ObjectMeta")] } };
  if (!name.endsWith(".Scale")) {
    schemas.schemas[name] = { type: "object", properties: { ...head, spec: { type: "object" }, status: { type: "object" } } };
    return;
  }
  schemas.schemas[name] = {
    type: "object",
    description: "How many instances there shall be, and are.",
    properties: { ...head, spec: schemas.ref(`${name}Spec`), status: schemas.ref(`${name}Status`) },
    "x-kubernetes-group-version-kind": [{ group: "autoscaling", kind: "Scale", version: "v1" }],
  };
  schemas.schemas[`${name}Spec`] = {
    type: "object",
    description: "How many there shall be.",
    properties: { replicas: { type: "integer", format: "int32", description: "Wanted instances." } },
  };
  schemas.schemas[`${name}Status`] = {
    type: "object",
    description: "How many there are.",
    required: ["replicas"],
    properties: {
      replicas: { type: "integer", format: "int32", default: 0, description: "Instances there are." },
      selector: { type: "string", description: "Selects them." },
    },
  };
}

function describe(action: string, kind: string): string {
  switch (action) {
    case "list":
      return `Lists or watches objects of kind ${kind}.`;
    case "post":
      return `Creates a ${kind}.`;
    case "get":
      return `Reads a ${kind}.`;
    case "put":
      return `Replaces a ${kind}.`;
    case "patch":
      return `Changes parts of a ${kind}.`;
    case "delete":
      return `Deletes a ${kind}.`;
    default:
      return `Deletes a collection of ${kind}.`;
  }
}

const capital = (text: string): string => text.replace(/(?:^|[.-])([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
const groupName = ({ group, builtIn }: ResourceDefinition): string =>
  capital(group === "" ? "core" : builtIn ? group.replace(/\.k8s\.io$/, "") : group);
const versionName = (definition: ResourceDefinition): string => groupName(definition) + capital(definition.version);

function tagOf(definition: ResourceDefinition): string {
  const name = groupName(definition);
  return `${name[0]!.toLowerCase()}${name.slice(1)}_${definition.version}`;
}
