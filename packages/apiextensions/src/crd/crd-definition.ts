import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { definitionsFromCrd, type DefinitionOptions } from "../definition/definitions-from-crd.ts";
import { crdGroup, isCrdConditionTrue, type Crd } from "./crd.ts";
import { crdSchema } from "./crd-schema.ts";
import { crdStrategy } from "./crd-strategy.ts";

/** Grows when the stored form of CRDs changes. */
const storedForm = "customresourcedefinitions/1";

/** customresourcedefinitions.apiextensions.k8s.io/v1 itself. @param now the server's clock in milliseconds */
export function crdDefinition(now: () => number = Date.now): ResourceDefinition {
  return {
    group: crdGroup,
    version: "v1",
    resource: "customresourcedefinitions",
    singular: "customresourcedefinition",
    kind: "CustomResourceDefinition",
    listKind: "CustomResourceDefinitionList",
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    namespaced: false,
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    builtIn: true,
    storage: { group: crdGroup, resource: "customresourcedefinitions", identity: "-" },
    hash: storedForm,
    schema: crdSchema,
    strategy: crdStrategy(now),
    subresources: { status: { verbs: ["get", "patch", "update"], kind: "CustomResourceDefinition" } },
    columns: [
      { name: "Name", type: "string", format: "name", description: "Name of the definition: plural and group." },
      { name: "Created At", type: "date", description: "When the definition was created." },
    ],
    tableCells: (object: KubeObject) => [object.metadata.name, object.metadata.creationTimestamp],
    selectableFields: [],
    discoverable: true,
    storageVersionHash: "E7AaFfG1bHc=",
  };
}

const terminating = "create not allowed while custom resource definition is terminating";

/** Definitions that a local CRD gives its logical cluster: none before its names are accepted, and no creating once it is being deleted. */
export function definitionsOfCrd(crd: Crd, options: Omit<DefinitionOptions, "identity" | "refuseCreate">): ResourceDefinition[] {
  if (!isCrdConditionTrue(crd, "Established")) return [];
  const refuse = crd.metadata.deletionTimestamp != null || isCrdConditionTrue(crd, "Terminating");
  return definitionsFromCrd(
    { ...crd.spec, names: { ...crd.spec.names, ...crd.status?.acceptedNames } },
    { ...options, identity: "customresources", ...(refuse ? { refuseCreate: terminating } : {}) },
  );
}
