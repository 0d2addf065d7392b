import assert from "node:assert/strict";
import { test } from "node:test";
import { fluxObjects, ocmNameOf, ocmObjects, resolvedChart } from "./deployment-objects.ts";

const owner = { name: "web", namespace: "ns", runtimeKubeconfigSecretName: undefined };
const ocm = { registry: "ghcr.io/a/b", component: "example.com/portal", version: "1.0.0" };

test("an OCM entry has the name that tells it apart best", () => {
  assert.equal(ocmNameOf(ocm), "portal");
  assert.equal(ocmNameOf({ ...ocm, resourceName: "chart", referencePath: [{ name: "x" }, { name: "y" }] }), "y");
  assert.equal(ocmNameOf({ ...ocm, resourceName: "image", referencePath: [{ name: "y" }] }), "image");
  assert.equal(ocmNameOf({ ...ocm, name: "mine", resourceName: "image" }), "mine");
});

test("what OCM resolved, in each of its forms", () => {
  const of = (resource: object, version = "9") =>
    resolvedChart({ apiVersion: "v1", kind: "Resource", metadata: {}, status: { resource } } as never, version);
  assert.deepEqual(of({ access: { imageReference: "r:5000/a/b:1@sha256:f" } }), { url: "oci://r:5000/a/b", tag: "1" });
  assert.deepEqual(of({ imageReference: "r:5000/a/b", version: "2" }), { url: "oci://r:5000/a/b", tag: "2" });
  assert.deepEqual(of({ imageReference: "oci://r/a" }), { url: "oci://r/a", tag: "9" });
  assert.equal(of({}), undefined);
  assert.equal(resolvedChart(undefined, "9"), undefined);
});

test("insecure registries are said to be", () => {
  const specs = (objects: ReturnType<typeof fluxObjects>) => objects.map(({ object }) => object["spec"] as Record<string, unknown>);
  const flux = { registry: "r", chart: "a/b", version: "1", insecure: true };
  assert.equal(specs(fluxObjects(owner, flux))[0]!["insecure"], true);
  assert.deepEqual(specs(ocmObjects(owner, { ...ocm, insecure: true }))[0]!["repositorySpec"], {
    type: "OCIRegistry",
    baseUrl: "http://ghcr.io",
    subPath: "a/b",
  });
});
