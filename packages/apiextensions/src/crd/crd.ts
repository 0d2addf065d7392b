import type { JsonSchema, KubeObject } from "@meshplane/apimachinery";
import type { StandardCondition } from "@meshplane/controller-runtime";

export const crdGroup = "apiextensions.k8s.io";
export const crdResource = { group: crdGroup, version: "v1", resource: "customresourcedefinitions" } as const;
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export interface CrdNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface PrinterColumnSpec {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

export interface ScaleSpec {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: ScaleSpec };
  additionalPrinterColumns?: PrinterColumnSpec[];
  selectableFields?: { jsonPath: string }[];
}

export interface WebhookClientConfig {
  url?: string;
  caBundle?: string;
  service?: { name?: string; namespace?: string; path?: string; port?: number };
}

export interface CrdConversion {
  strategy: string;
  webhook?: { clientConfig?: WebhookClientConfig; conversionReviewVersions?: string[] };
}

export interface CrdSpec {
  group: string;
  names: CrdNames;
  scope: string;
  versions: CrdVersion[];
  conversion?: CrdConversion;
  preserveUnknownFields?: boolean;
}

export type CrdCondition = StandardCondition;

export interface CrdStatus {
  acceptedNames?: Partial<CrdNames>;
  conditions?: Omit<CrdCondition, "observedGeneration">[] | null;
  storedVersions?: string[];
}

/** apiextensions/v1 CustomResourceDefinition. */
export interface Crd extends KubeObject {
  spec: CrdSpec;
  status?: CrdStatus;
}

export const crdCondition = (crd: Crd, type: string): Omit<CrdCondition, "observedGeneration"> | undefined =>
  crd.status?.conditions?.find((condition) => condition.type === type);
export const isCrdConditionTrue = (crd: Crd, type: string): boolean => crdCondition(crd, type)?.status === "True";
