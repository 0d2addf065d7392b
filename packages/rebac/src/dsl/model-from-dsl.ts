import type { AuthorizationModel, Condition, RelationMetadata, TypeDefinition, Userset } from "../model/authorization-model.ts";
import { DslError, type DslProblem } from "./dsl-error.ts";
import { parseDsl, type ParsedFile, type ParsedRelation } from "./parse-dsl.ts";

type Model = Omit<AuthorizationModel, "id">;

/** A `model` text as WriteAuthorizationModel takes it. @throws DslError */
export function modelFromDsl(text: string): Model {
  const parsed = parseDsl(text);
  if (parsed.schemaVersion === undefined) throw new DslError([{ file: "", line: 1, message: "a module is no model of its own" }]);
  const definitions = parsed.types.map((type): TypeDefinition => {
    if (type.relations.length === 0) return { type: type.name, relations: {}, metadata: null };
    const { relations, metadata } = relationsOf(type.relations, () => ({}));
    return { type: type.name, relations, metadata: { relations: metadata } };
  });
  const conditions = record(parsed.conditions.map(({ condition }) => [condition.name, condition] as const));
  return { schema_version: parsed.schemaVersion, type_definitions: definitions, conditions };
}

const record = <T>(entries: Iterable<readonly [string, T]>): { [name: string]: T } => Object.fromEntries(entries);

function relationsOf(
  parsed: readonly ParsedRelation[],
  more: (relation: ParsedRelation) => Partial<RelationMetadata>,
): { relations: { [name: string]: Userset }; metadata: { [name: string]: RelationMetadata } } {
  return {
    relations: record(parsed.map(({ name, rewrite }) => [name, rewrite] as const)),
    metadata: record(
      parsed.map((relation) => [relation.name, { directly_related_user_types: relation.references, ...more(relation) }] as const),
    ),
  };
}

interface Declared {
  definition: TypeDefinition;
  relations: Map<string, ParsedRelation>;
  metadata: Map<string, RelationMetadata>;
}

/**
 * One model of several module files: declared types in the order of files, `extend type` merged into them, everything marked with its module
 * and file.
 * @throws DslError with the problems of all files
 */
export function modelFromModules(files: readonly { name: string; contents: string }[], schemaVersion = "1.2"): Model {
  const problems: DslProblem[] = [];
  const parsed: { file: string; module: string; content: ParsedFile }[] = [];
  for (const { name, contents } of files) {
    try {
      const content = parseDsl(contents, name);
      if (content.module === undefined) problems.push({ file: name, line: 1, message: "file is not a module" });
      else parsed.push({ file: name, module: content.module, content });
    } catch (error) {
      if (!(error instanceof DslError)) throw error;
      problems.push(...error.errors);
    }
  }

  const types = new Map<string, Declared>();
  const conditions = new Map<string, Condition>();
  for (const { file, module, content } of parsed) {
    const origin = { module, source_info: { file } };
    for (const type of content.types) {
      if (type.extends) continue;
      if (types.has(type.name)) {
        problems.push({ file, line: type.line, message: `duplicate type definition ${type.name}` });
        continue;
      }
      types.set(type.name, {
        definition: { type: type.name, metadata: origin },
        relations: new Map(type.relations.map((relation) => [relation.name, relation])),
        metadata: new Map(type.relations.map((relation) => [relation.name, { directly_related_user_types: relation.references }])),
      });
    }
    for (const { condition, line } of content.conditions) {
      if (conditions.has(condition.name)) problems.push({ file, line, message: `duplicate condition ${condition.name}` });
      else conditions.set(condition.name, { ...condition, metadata: origin });
    }
  }
  for (const { file, module, content } of parsed) {
    for (const type of content.types) {
      if (!type.extends) continue;
      const declared = types.get(type.name);
      if (declared === undefined) {
        problems.push({ file, line: type.line, message: `extended type ${type.name} does not exist` });
        continue;
      }
      for (const relation of type.relations) {
        if (declared.relations.has(relation.name)) {
          problems.push({ file, line: relation.line, message: `relation ${relation.name} already exists on type ${type.name}` });
          continue;
        }
        declared.relations.set(relation.name, relation);
        declared.metadata.set(relation.name, { directly_related_user_types: relation.references, module, source_info: { file } });
      }
    }
  }
  if (problems.length > 0) throw new DslError(problems);
  return {
    schema_version: schemaVersion,
    type_definitions: [...types.values()].map(({ definition, relations, metadata }) => ({
      type: definition.type,
      relations: record([...relations].map(([name, { rewrite }]) => [name, rewrite] as const)),
      metadata: { relations: record(metadata), ...definition.metadata },
    })),
    conditions: record(conditions),
  };
}
