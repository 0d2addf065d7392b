import type { JsonSchema, KubeObject } from "@meshplane/apimachinery";
import type { APIResourceSchema, APIResourceSchemaSpec, APIResourceVersion } from "./v1alpha1/api-resource-schema.ts";

/** apiextensions/v1 CustomResourceDefinition, as far as it is needed here. */
export interface CustomResourceDefinitionLike extends KubeObject {
  spec: {
    group: string;
    names: APIResourceSchemaSpec["names"];
    scope: APIResourceSchemaSpec["scope"];
    versions: (Omit<APIResourceVersion, "schema"> & {
      schema?: { openAPIV3Schema?: JsonSchema };
    })[];
    conversion?: {
      strategy: "None" | "Webhook";
      webhook?: {
        clientConfig?: { url?: string; caBundle?: string; service?: unknown };
        conversionReviewVersions: string[];
      };
    };
  };
}

/**
 * A CRD as an APIResourceSchema named `<prefix>.<name of the CRD>`.
 * @throws Error for webhooks that name a service
 * @see spec apis §1
 */
export function apiResourceSchemaFromCrd(crd: CustomResourceDefinitionLike, prefix: string): APIResourceSchema {
  const { group, names, scope, versions, conversion } = crd.spec;
  const approved = crd.metadata.annotations?.["api-approved.kubernetes.io"];
  return {
    apiVersion: "apis.kcp.io/v1alpha1",
    kind: "APIResourceSchema",
    metadata: {
      name: `${prefix}.${crd.metadata.name}`,
      ...(approved ? { annotations: { "api-approved.kubernetes.io": approved } } : {}),
    },
    spec: {
      group,
      names,
      scope,
      versions: versions.map(({ schema, ...version }) => ({
        ...version,
        schema: schema?.openAPIV3Schema ?? {},
      })),
      ...(conversion && versions.length > 1 ? { conversion: conversionOf(conversion) } : {}),
    },
  };
}

function conversionOf(
  conversion: NonNullable<CustomResourceDefinitionLike["spec"]["conversion"]>,
): NonNullable<APIResourceSchemaSpec["conversion"]> {
  if (conversion.strategy !== "Webhook") return { strategy: "None" };
  const { clientConfig, conversionReviewVersions } = conversion.webhook ?? {
    conversionReviewVersions: [],
  };
  if (clientConfig?.service) throw new Error("webhooks that refer to services are not supported, please use URL instead");
  const { url, caBundle } = clientConfig ?? {};
  return {
    strategy: "Webhook",
    webhook: {
      ...(clientConfig ? { clientConfig: { ...(url ? { url } : {}), ...(caBundle ? { caBundle } : {}) } } : {}),
      conversionReviewVersions,
    },
  };
}
