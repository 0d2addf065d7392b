/** Authorization models as the API carries them. @see https://openfga.dev/docs/configuration-language */

export interface AuthorizationModel {
  id: string;
  schema_version: string;
  type_definitions: TypeDefinition[];
  conditions?: { [name: string]: Condition };
}

export interface TypeDefinition {
  type: string;
  relations?: { [relation: string]: Userset };
  metadata?: TypeMetadata | null;
}

export interface SourceInfo {
  file: string;
}

export interface TypeMetadata {
  relations?: { [relation: string]: RelationMetadata };
  module?: string;
  source_info?: SourceInfo | null;
}

export interface RelationMetadata {
  directly_related_user_types?: RelationReference[];
  module?: string;
  source_info?: SourceInfo | null;
}

/** `relation` and `wildcard` exclude one another. */
export interface RelationReference {
  type: string;
  relation?: string;
  wildcard?: Record<string, never>;
  condition?: string;
}

export interface ObjectRelation {
  object?: string;
  relation: string;
}

/** A rewrite: exactly one member is set. */
export interface Userset {
  this?: Record<string, never>;
  computedUserset?: ObjectRelation;
  tupleToUserset?: { tupleset: ObjectRelation; computedUserset: ObjectRelation };
  union?: { child: Userset[] };
  intersection?: { child: Userset[] };
  difference?: { base: Userset; subtract: Userset };
}

export interface Condition {
  name: string;
  expression: string;
  parameters?: { [name: string]: ConditionParameter };
  metadata?: { module?: string; source_info?: SourceInfo | null } | null;
}

export interface ConditionParameter {
  /** `TYPE_NAME_INT` and so on */
  type_name: string;
  generic_types?: ConditionParameter[];
}
