import { createHash } from "node:crypto";
import { type AuthorizationModel, modelFromModules, type TypeDefinition, validateModel } from "@meshplane/rebac";

export interface ModuleFile {
  /** unique; for messages */
  name: string;
  contents: string;
}

/** One of its own for each name, of what OpenFGA takes: letters, digits, `_`, `-`, at most a hundred of them. @param name of an object, or of a resource */
export function moduleFileName(folder: string, name: string): string {
  // objects' names have no underscores, so no two become one
  const whole = `${folder}/${name.replaceAll(".", "_")}`;
  return `${whole.length <= 96 ? whole : `${folder}/${createHash("sha256").update(name).digest("hex")}`}.fga`;
}

/** What a module brings: types of its own, and relations on those of others. */
export interface Additions {
  types: string[];
  relations: { type: string; relation: string }[];
}

export interface Extension extends ModuleFile {
  /** @returns why it may not add that; undefined when it may */
  refuse?: (added: Additions) => string | undefined;
}

export interface MergedModel {
  model: Omit<AuthorizationModel, "id">;
  /** why a module is left out, by its name */
  leftOut: ReadonlyMap<string, string>;
}

const schemaVersion = "1.2";

/**
 * One model of the given modules. `base` must fit together; of `extensions`, taken in order, one that does not fit what is there already, or adds what it
 * may not, is left out: no provider's module can spoil another's.
 * @throws what is wrong with the base
 */
export function mergeModules(base: readonly ModuleFile[], extensions: readonly Extension[]): MergedModel {
  const leftOut = new Map<string, string>();
  const all = attempt([...base, ...extensions]);
  if ("model" in all) {
    const refused = refusals(all.model, extensions);
    if (refused.size === 0) return { model: withPlainFiles(all.model), leftOut };
    // they fit together, so what is left does too
    const allowed = extensions.filter(({ name }) => !refused.has(name));
    const rest = attempt([...base, ...allowed]);
    if ("model" in rest) return { model: withPlainFiles(rest.model), leftOut: refused };
  }
  const alone = attempt(base);
  if (!("model" in alone)) throw alone.error;
  let accepted: readonly ModuleFile[] = base;
  let { model } = alone;
  for (const extension of extensions) {
    const tried = attempt([...accepted, extension]);
    const why = "model" in tried ? refusals(tried.model, [extension]).get(extension.name) : tried.error.message;
    if (why !== undefined) leftOut.set(extension.name, why);
    else if ("model" in tried) {
      accepted = [...accepted, extension];
      model = tried.model;
    }
  }
  return { model: withPlainFiles(model), leftOut };
}

/** An OpenFGA server takes names of files of letters, digits and few signs only. */
function withPlainFiles(model: Omit<AuthorizationModel, "id">): Omit<AuthorizationModel, "id"> {
  for (const { metadata } of model.type_definitions)
    for (const of of [metadata, ...Object.values(metadata?.relations ?? {})])
      if (of?.source_info?.file) of.source_info.file = plainFile(of.source_info.file);
  for (const { metadata } of Object.values(model.conditions ?? {}))
    if (metadata?.source_info?.file) metadata.source_info.file = plainFile(metadata.source_info.file);
  return model;
}

const plainFile = (file: string): string =>
  `${file
    .replace(/\.fga$/, "")
    .replaceAll(/[^A-Za-z0-9_/-]/g, "_")
    .slice(-100)}.fga`;

/** Types that the modules have together. @throws what is wrong with them */
export function typesOf(files: readonly ModuleFile[]): ReadonlySet<string> {
  const merged = attempt(files);
  if (!("model" in merged)) throw merged.error;
  return new Set(merged.model.type_definitions.map(({ type }) => type));
}

function refusals({ type_definitions }: Omit<AuthorizationModel, "id">, extensions: readonly Extension[]): Map<string, string> {
  const refused = new Map<string, string>();
  for (const { name, refuse } of extensions) {
    const why = refuse?.(additionsOf(type_definitions, name));
    if (why !== undefined) refused.set(name, why);
  }
  return refused;
}

function additionsOf(types: readonly TypeDefinition[], file: string): Additions {
  const added: Additions = { types: [], relations: [] };
  for (const { type, metadata } of types) {
    if (metadata?.source_info?.file === file) added.types.push(type);
    for (const [relation, of] of Object.entries(metadata?.relations ?? {}))
      if (of.source_info?.file === file) added.relations.push({ type, relation });
  }
  return added;
}

function attempt(files: readonly ModuleFile[]): { model: Omit<AuthorizationModel, "id"> } | { error: Error } {
  try {
    const model = modelFromModules(
      files.map(({ name, contents }) => ({ name, contents })),
      schemaVersion,
    );
    validateModel(model);
    return { model };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
