import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@meshplane/apimachinery";
import { initializerLabel } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { withLifecycleMetadata } from "./lifecycle-metadata.ts";

const definition = withLifecycleMetadata({ resource: "logicalclusters", strategy: {} } as unknown as ResourceDefinition);
const label = initializerLabel("root:x");
const phase = "tenancy.kcp.io/phase";

const cases: { name: string; object: object; labels?: object; finalizers?: string[]; owner?: string }[] = [
  { name: "a new object carries no phase label", object: { metadata: {}, status: { phase: "Scheduling" } } },
  {
    name: "what is left to initialize is labelled",
    object: { metadata: {}, status: { phase: "Initializing", initializers: ["root:x"] } },
    labels: { [phase]: "Initializing", [label.key]: label.value },
  },
  {
    name: "the label goes with the last initializer",
    object: { metadata: { labels: { [label.key]: label.value, mine: "1" } }, status: { phase: "Ready" } },
    labels: { [phase]: "Ready", mine: "1" },
  },
  {
    name: "terminators hold it by a finalizer",
    object: { metadata: { finalizers: ["a"] }, status: { phase: "Ready", terminators: ["root:x"] } },
    finalizers: ["a", "kcp.io/has-terminators"],
  },
  {
    name: "the last terminator takes the finalizer along",
    object: { metadata: { finalizers: ["a", "kcp.io/has-terminators"] }, status: { phase: "Deleting" } },
    finalizers: ["a"],
  },
  {
    name: "a Ready object shows no more of its owner than the name",
    object: {
      metadata: { annotations: { "experimental.tenancy.kcp.io/owner": '{"username":"a","uid":"u"}' } },
      status: { phase: "Ready" },
    },
    owner: '{"username":"a"}',
  },
];
for (const { name, object, labels, finalizers, owner } of cases)
  test(name, () => {
    const it = object as KubeObject;
    definition.strategy.canonicalize!(it);
    if (labels) assert.deepEqual(it.metadata.labels, labels);
    if (finalizers) assert.deepEqual(it.metadata.finalizers, finalizers);
    if (owner) assert.equal(it.metadata.annotations!["experimental.tenancy.kcp.io/owner"], owner);
    if (!labels && !finalizers && !owner) assert.equal(it.metadata.labels, undefined);
  });
