import type { JsonSchema } from "@meshplane/apimachinery";
import type { APIResourceSchemaSpec, APIResourceVersion } from "./apis/v1alpha1/api-resource-schema.ts";

export type PrinterColumnSpec = NonNullable<APIResourceVersion["additionalPrinterColumns"]>[number];

/** A kind of this room, as the spec that an APIResourceSchema of it has. */
export type ApiResource = APIResourceSchemaSpec;

export interface ApiVersion {
  name: string;
  storage?: boolean;
  status?: boolean;
  columns?: PrinterColumnSpec[];
  schema: JsonSchema;
}

/** A cluster-scoped kind of category `kcp`, unless said otherwise. */
export function apiResource(
  group: string,
  kind: string,
  versions: ApiVersion[],
  options: { shortNames?: string[]; namespaced?: boolean; categories?: string[]; plural?: string } = {},
): ApiResource {
  const singular = kind.toLowerCase();
  return {
    group,
    names: {
      plural: options.plural ?? `${singular}s`,
      singular,
      kind,
      listKind: `${kind}List`,
      ...(options.shortNames ? { shortNames: options.shortNames } : {}),
      ...(options.categories?.length === 0 ? {} : { categories: options.categories ?? ["kcp"] }),
    },
    scope: options.namespaced ? "Namespaced" : "Cluster",
    ...(versions.length > 1 ? { conversion: { strategy: "None" as const } } : {}),
    versions: versions.map(({ name, storage, status, columns, schema }) => ({
      name,
      served: true,
      storage: storage ?? versions.length === 1,
      schema,
      ...(columns ? { additionalPrinterColumns: columns } : {}),
      subresources: status ? { status: {} } : {},
    })),
  };
}

export const ageColumn: PrinterColumnSpec = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
};
export const column = (name: string, jsonPath: string, description?: string, type = "string"): PrinterColumnSpec => ({
  name,
  type,
  jsonPath,
  ...(description ? { description } : {}),
});
