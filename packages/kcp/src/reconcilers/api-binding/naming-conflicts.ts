import type { APIResourceSchemaSpec } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";

export interface NamesInUse {
  /** `APIBinding "b" bound to APIExport root:x:e` or `CustomResourceDefinition "x"` */
  by: string;
  definition: ResourceDefinition;
}

/**
 * Why a schema cannot have its names: plural, singular and short names must be free, kind and list kind too, in its group.
 * @see spec apis §5.3
 */
export function namingConflict(spec: APIResourceSchemaSpec, inUse: readonly NamesInUse[]): string | undefined {
  const { plural, singular = "", kind, listKind = "", shortNames = [] } = spec.names;
  for (const { by, definition } of inUse) {
    const names = new Set([definition.resource, definition.singular, ...definition.shortNames]);
    const kinds = new Set([definition.kind, definition.listKind]);
    const conflicts: [field: string, value: string][] = [];
    if (names.has(plural)) conflicts.push(["spec.names.plural", plural]);
    if (singular && names.has(singular)) conflicts.push(["spec.names.singular", singular]);
    for (const short of shortNames) if (names.has(short)) conflicts.push(["spec.names.shortNames", short]);
    if (kinds.has(kind)) conflicts.push(["spec.names.kind", kind]);
    if (listKind && kinds.has(listKind)) conflicts.push(["spec.names.listKind", listKind]);
    if (conflicts.length === 0) continue;
    const texts = conflicts.map(([field, value]) => `${field}=${value} is forbidden`);
    return `naming conflict with ${by}: ${texts.join(", ")}`;
  }
  return undefined;
}
