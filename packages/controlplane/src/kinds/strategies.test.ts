import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson, formatFieldErrors, StatusError, type KubeObject } from "@meshplane/apimachinery";
import type { RequestContext, ResourceDefinition } from "@meshplane/apiserver";
import { builtInDefinitions } from "./built-in-definitions.ts";

const unused = (): never => {
  throw new Error("not used here");
};
const now = Date.parse("2020-01-01T01:00:00Z");
const definitions = builtInDefinitions({
  clock: () => now,
  local: unused,
  issueToken: unused,
  reviewToken: (token) => (token === "good" ? { authenticated: true, user: { username: "u" } } : { error: "invalid bearer token" }),
  reviewAccess: ({ name }) =>
    name === "ada" ? { decision: "allow", reason: "access granted" } : { decision: "noOpinion", reason: "access denied" },
  rulesOf: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
});
const context = { user: { name: "ada", uid: "1", groups: ["g"], extra: {} }, cluster: "c" } as unknown as RequestContext;

const definitionOf = (resource: string, group?: string): ResourceDefinition =>
  definitions.find((definition) => definition.resource === resource && (group === undefined || definition.group === group))!;

function created(definition: ResourceDefinition, body: object): KubeObject {
  const { group, version, kind } = definition;
  const object = { apiVersion: group ? `${group}/${version}` : version, kind, metadata: { name: "x" }, ...copyJson(body) } as KubeObject;
  if (definition.namespaced) object.metadata.namespace ??= "default";
  definition.strategy.applyDefaults!(object);
  definition.strategy.prepareForCreate?.(object, context);
  return object;
}

const refused: { resource: string; group?: string; body: object; errors: string }[] = [
  { resource: "configmaps", body: { data: { "..x": "1" } }, errors: `data[..x]: Invalid value: "..x": must not start with '..'` },
  {
    resource: "configmaps",
    body: { data: { a: "1" }, binaryData: { a: "AQI=" } },
    errors: `data[a]: Invalid value: "a": duplicate of key present in binaryData`,
  },
  {
    resource: "configmaps",
    body: { data: { a: "x".repeat(1 << 20), b: "y" } },
    errors: "[]: Too long: may not be more than 1048576 bytes",
  },
  { resource: "secrets", body: { type: "kubernetes.io/tls" }, errors: "[data[tls.crt]: Required value, data[tls.key]: Required value]" },
  {
    resource: "secrets",
    body: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": "bm90IGpzb24=" } },
    errors: `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'o' in literal null (expecting 'u')`,
  },
  {
    resource: "leases",
    body: { spec: { leaseDurationSeconds: 0 } },
    errors: "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
  },
  {
    resource: "roles",
    body: { rules: [{ apiGroups: [""], resources: ["pods"] }] },
    errors: "rules[0].verbs: Required value: verbs must contain at least one value",
  },
  {
    resource: "roles",
    body: { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] },
    errors: `rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs`,
  },
  {
    resource: "clusterroles",
    body: { aggregationRule: { clusterRoleSelectors: [] } },
    errors: "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
  },
  {
    resource: "clusterrolebindings",
    body: { roleRef: { kind: "Role", name: "x" } },
    errors: `roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"`,
  },
  {
    resource: "resourcequotas",
    body: { spec: { hard: { cpu: "-1" } } },
    errors: `spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
  },
  {
    resource: "resourcequotas",
    body: { spec: { hard: { "count/configmaps": "1.5" } } },
    errors: `spec.hard[count/configmaps]: Invalid value: "1500m": must be an integer`,
  },
  {
    resource: "resourcequotas",
    body: { spec: { hard: { pods: "1" }, scopes: ["Terminating", "NotTerminating"] } },
    errors: `spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes`,
  },
  {
    resource: "events",
    group: "",
    body: { involvedObject: { namespace: "kube-system" } },
    errors: `involvedObject.namespace: Invalid value: "kube-system": does not match event.namespace`,
  },
  {
    resource: "events",
    group: "events.k8s.io",
    body: { regarding: { namespace: "default" }, type: "Odd" },
    errors: `[eventTime: Required value, type: Invalid value: "": has invalid value: Odd]`,
  },
  {
    resource: "validatingwebhookconfigurations",
    body: { webhooks: [{ name: "a.b.c", clientConfig: { url: "http://h/x" }, rules: [], admissionReviewVersions: ["v1"] }] },
    errors: `[webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun, webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]]`,
  },
  {
    resource: "validatingadmissionpolicybindings",
    body: { spec: { policyName: "p", validationActions: ["Deny", "Deny"] } },
    errors: `spec.validationActions[1]: Duplicate value: "Deny"`,
  },
];
for (const { resource, group, body, errors } of refused) {
  test(`kinds: ${resource} refuse: ${errors.slice(0, 90)}`, async () => {
    const definition = definitionOf(resource, group);
    const object = created(definition, body);
    assert.equal(formatFieldErrors(await definition.strategy.validateCreate!(object, context)), errors);
  });
}

const shown: { resource: string; group?: string; body: object; want: object }[] = [
  { resource: "secrets", body: { data: { a: "b2xk" }, stringData: { a: "new" } }, want: { data: { a: "bmV3" }, type: "Opaque" } },
  {
    resource: "namespaces",
    body: { status: { phase: "Terminating" } },
    want: { spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } },
  },
  { resource: "serviceaccounts", body: { secrets: [{ name: "s", namespace: "other" }] }, want: { secrets: [{ name: "s" }] } },
  {
    resource: "leases",
    body: { spec: { holderIdentity: "me", strategy: "x", preferredHolder: "y" } },
    want: { spec: { holderIdentity: "me" } },
  },
  {
    resource: "rolebindings",
    body: {
      roleRef: { kind: "Role", name: "r" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "ServiceAccount", name: "s" },
      ],
    },
    want: {
      subjects: [
        { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "u" },
        { kind: "ServiceAccount", name: "s" },
      ],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
    },
  },
  {
    resource: "certificatesigningrequests",
    body: {
      spec: { request: "YQ==", signerName: "a.b/c", username: "made-up" },
      status: { conditions: [{ type: "Approved", status: "True" }] },
    },
    want: { spec: { request: "YQ==", signerName: "a.b/c", username: "ada", uid: "1", groups: ["g"] }, status: {} },
  },
];
for (const { resource, group, body, want } of shown) {
  test(`kinds: a new object of ${resource} as it is stored`, () => {
    const { apiVersion: _, kind: __, metadata: ___, ...rest } = created(definitionOf(resource, group), body);
    assert.deepEqual(rest, want);
  });
}

const rows: { resource: string; group?: string; body: object; cells: unknown[] }[] = [
  { resource: "configmaps", body: { data: { a: "1", b: "2" }, binaryData: { z: "AQI=" } }, cells: ["x", 3, "60m"] },
  { resource: "secrets", body: { data: { a: "YQ==" }, type: "example.com/t" }, cells: ["x", "example.com/t", 1, "60m"] },
  { resource: "namespaces", body: {}, cells: ["x", "Active", "60m"] },
  { resource: "leases", body: { spec: { holderIdentity: "me" } }, cells: ["x", "me", "60m"] },
  { resource: "roles", body: { rules: [] }, cells: ["x", "2020-01-01T00:00:00Z"] },
  {
    resource: "rolebindings",
    body: {
      roleRef: { kind: "Role", name: "r" },
      subjects: [
        { kind: "User", name: "ada" },
        { kind: "User", name: "bob" },
        { kind: "ServiceAccount", name: "sa", namespace: "n" },
      ],
    },
    cells: ["x", "Role/r", "60m", "ada, bob", "", "n/sa"],
  },
  {
    resource: "events",
    group: "",
    body: {
      involvedObject: { kind: "ConfigMap", name: "c", fieldPath: "data.a" },
      reason: "R",
      message: " text ",
      type: "Warning",
      count: 3,
      source: { component: "ctl", host: "h1" },
    },
    cells: ["<unknown>", "Warning", "R", "configmap/c", "data.a", "ctl, h1", "text", "<unknown>", 3, "x"],
  },
  {
    resource: "certificatesigningrequests",
    body: { spec: { request: "YQ==", signerName: "example.com/signer", expirationSeconds: 3600 } },
    cells: ["x", "60m", "example.com/signer", "ada", "60m", "Pending"],
  },
];
for (const { resource, group, body, cells } of rows) {
  test(`kinds: a row of ${resource}`, () => {
    const definition = definitionOf(resource, group);
    const object = created(definition, body);
    object.metadata.creationTimestamp = "2020-01-01T00:00:00Z";
    assert.deepEqual(definition.tableCells(object, now), cells);
    assert.equal(definition.columns.length, cells.length);
  });
}

test("kinds: an immutable config map refuses what changes it", async () => {
  const { strategy } = definitionOf("configmaps");
  const current = created(definitionOf("configmaps"), { data: { a: "1" }, immutable: true });
  const next = created(definitionOf("configmaps"), { data: { a: "2" } });
  const why = "Forbidden: field is immutable when `immutable` is set";
  assert.equal(formatFieldErrors(await strategy.validateUpdate!(next, current, context)), `[immutable: ${why}, data: ${why}]`);
});

test("kinds: a namespace is marked by its first deletion and goes with a later one, once nothing holds it", () => {
  const { strategy } = definitionOf("namespaces");
  const namespace = created(definitionOf("namespaces"), {});
  assert.equal(strategy.beginDelete!(namespace, context), "keep");
  assert.deepEqual(namespace.status, { phase: "Terminating" });
  assert.equal(strategy.beginDelete!(namespace, context), "keep");
  namespace.spec = {};
  assert.equal(strategy.beginDelete!(namespace, context), "default");
  assert.equal(strategy.mayVanish!(namespace), true);
});

test("kinds: events of one group are those of the other", async () => {
  const grouped = definitionOf("events", "events.k8s.io");
  const stored = created(definitionOf("events", ""), {
    involvedObject: { kind: "Secret" },
    message: "text",
    count: 4,
    reportingComponent: "r",
  });
  const shown = await grouped.convert!.fromStorage(copyJson(stored));
  assert.deepEqual([shown.regarding, shown.note, shown.deprecatedCount, shown.reportingController], [{ kind: "Secret" }, "text", 4, "r"]);
  const { metadata: _, ...back } = await grouped.convert!.toStorage(shown);
  const { metadata: __, ...before } = stored;
  assert.deepEqual(back, before);
  assert.equal(grouped.hash, definitionOf("events", "").hash);
  assert.equal(grouped.selectableFieldValues!(shown)["involvedObject.kind"], "Secret");
});

test("kinds: reviews answer without storing", async () => {
  const request = { cluster: "c", namespace: "default", name: "", context, labelSelector: undefined as never };
  const review = (resource: string, body: object): Promise<KubeObject> => {
    const definition = definitionOf(resource);
    return Promise.resolve(definition.computed!.create!(created(definition, body), request));
  };
  const own = await review("selfsubjectaccessreviews", { spec: { nonResourceAttributes: { path: "/api", verb: "get" } } });
  assert.deepEqual(own.status, { allowed: true, reason: "access granted" });
  const other = await review("subjectaccessreviews", {
    spec: { user: "zoe", resourceAttributes: { verb: "get", resource: "configmaps" } },
  });
  assert.deepEqual(other.status, { allowed: false, reason: "access denied" });
  assert.deepEqual((await review("tokenreviews", { spec: { token: "bad" } })).status, { error: "invalid bearer token", user: {} });
  await assert.rejects(review("selfsubjectaccessreviews", { spec: {} }), (error: StatusError) => {
    assert.match(error.message, /^\.authorization\.k8s\.io "" is invalid: spec\.resourceAttributes: Invalid value: null: exactly one of/);
    return true;
  });
});

test("kinds: storage version hashes are upstream's", () => {
  const hashes = Object.fromEntries(
    definitions.filter(({ group }) => group === "").map(({ resource, storageVersionHash }) => [resource, storageVersionHash]),
  );
  assert.deepEqual(hashes, {
    configmaps: "BcsYVNKF43M=",
    events: "9dDOQsG8mfE=",
    namespaces: "DYe+LmmEOcs=",
    resourcequotas: "drjg5y79DvY=",
    secrets: "cqhVaDyekjw=",
    serviceaccounts: "4Bd9hRsOD00=",
  });
});

test("kinds: every definition has a schema with its own fields", () => {
  for (const { schema, kind } of definitions) {
    assert.equal(schema.type, "object", kind);
    assert.ok(Object.hasOwn(schema.properties!, "metadata"), kind);
  }
  const { subjects } = definitionOf("rolebindings").schema.properties!;
  assert.equal(subjects!["x-kubernetes-list-type"], "atomic");
  assert.equal(subjects!.items!.type, "object");
});

test("kinds: a TLS secret without a certificate is stored with a warning", () => {
  const definition = definitionOf("secrets");
  const secret = created(definition, { type: "kubernetes.io/tls", data: { "tls.crt": "", "tls.key": "" } });
  assert.deepEqual(definition.strategy.warnings!(secret, undefined), ["tls: failed to find any PEM data in certificate input"]);
  assert.deepEqual(definition.strategy.warnings!(created(definition, {}), undefined), []);
});
