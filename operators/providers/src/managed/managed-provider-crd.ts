import type { JsonSchema, KubeObject } from "@meshplane/apimachinery";
import { providersGroup } from "@meshplane/apis/platform-mesh";

type Properties = Record<string, JsonSchema>;
const text: JsonSchema = { type: "string" };
const flag: JsonSchema = { type: "boolean", default: false };
const anything: JsonSchema = { "x-kubernetes-preserve-unknown-fields": true };
const object = (properties: Properties, required: string[] = [], extra: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
  ...extra,
});
const list = (items: JsonSchema, extra: JsonSchema = {}): JsonSchema => ({ type: "array", items, ...extra });

const condition = object(
  {
    type: text,
    status: { type: "string", enum: ["True", "False", "Unknown"] },
    reason: text,
    message: text,
    lastTransitionTime: { type: "string", format: "date-time" },
    observedGeneration: { type: "integer", format: "int64" },
  },
  ["type", "status", "reason", "message", "lastTransitionTime"],
);

const schema = object(
  {
    apiVersion: text,
    kind: text,
    metadata: { type: "object" },
    spec: object(
      {
        platformMeshRef: object({ name: text }, ["name"]),
        runtimeDeployments: list(
          object(
            {
              flux: object(
                {
                  type: { type: "string", enum: ["oci", "helm"], default: "oci" },
                  registry: text,
                  chart: text,
                  version: text,
                  values: anything,
                  insecure: flag,
                },
                ["registry", "chart", "version"],
              ),
              ocm: object(
                {
                  registry: text,
                  component: text,
                  version: text,
                  name: text,
                  resourceName: { type: "string", default: "chart" },
                  referencePath: list(object({ name: text }, ["name"])),
                  values: anything,
                  insecure: flag,
                },
                ["registry", "component", "version"],
              ),
            },
            [],
            // upstream says so and lets the others pass without a word
            { "x-kubernetes-validations": [{ rule: "has(self.flux) != has(self.ocm)", message: "exactly one of flux and ocm" }] },
          ),
          { maxItems: 100 },
        ),
        provider: object(
          { path: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" }, name: text },
          ["path", "name"],
        ),
        providerKubeconfigSecret: object({ name: text, key: text }, ["name", "key"]),
        runtimeKubeconfigSecretName: text,
        providerHostOverride: text,
        cleanupOnDelete: flag,
      },
      ["platformMeshRef", "runtimeDeployments"],
    ),
    status: object({
      phase: text,
      providerKubeconfigSecretRef: object({ name: text, namespace: text }),
      conditions: list(condition),
      observedGeneration: { type: "integer", format: "int64" },
    }),
  },
  ["spec"],
);

/** What a runtime cluster needs before its first ManagedProvider. */
export const managedProviderCrd = (): KubeObject =>
  ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `managedproviders.${providersGroup}` },
    spec: {
      group: providersGroup,
      scope: "Namespaced",
      names: { kind: "ManagedProvider", listKind: "ManagedProviderList", plural: "managedproviders", singular: "managedprovider" },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: "Phase", type: "string", jsonPath: ".status.phase" },
            { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          ],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  }) as unknown as KubeObject;
