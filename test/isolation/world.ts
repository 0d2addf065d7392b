/**
 * The world that the property is about: tenants with objects of their own, a provider whose export two of them use, and users whose grants
 * are known because this file makes them. Each object carries markers: random words that occur nowhere else.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "./random.ts";
import type { LooseObject, Wire } from "./wire.ts";

/** Something of a tenant's that others must not learn. */
export interface Thing {
  /** logical cluster */
  cluster: string;
  group: string;
  version: string;
  resource: string;
  kind: string;
  /** "" for what is not namespaced */
  namespace: string;
  name: string;
  labels: Record<string, string>;
  /** the words (name, label, value, uid) by which it is recognised; the value's is left out of metadata-only answers */
  markers: { name: string; label: string; value: string; uid: string };
  /** a CRD shows in discovery and OpenAPI too, through its group */
  discovery: boolean;
}

export interface Tenant {
  index: number;
  /** root:<area>:tenant-<n> */
  path: string;
  cluster: string;
  /** its own CRD's group, a marker */
  ownGroup: string;
  consumer: "accepts" | "rejects" | undefined;
}

export type Role = "admin" | "reader" | "guest" | "robot" | "provider" | "masters" | "nobody" | "anonymous";

export interface WorldUser {
  name: string;
  role: Role;
  /** admin, reader, guest and robot belong to one tenant */
  tenant: Tenant | undefined;
  token: string | undefined;
}

export interface World {
  area: string;
  tenants: Tenant[];
  users: WorldUser[];
  things: Thing[];
  provider: { path: string; cluster: string; export: string; group: string; resource: string; identity: string };
  /** objects per `cluster|group|resource|namespace` as the shard's administrator counted them, markers or not */
  counts: Map<string, number>;
}

export const exportGroup = "gadgets.isolation.test";
export const boundResource = "gadgets";
export const claimLabel = "iso-claim";
export const markerLabel = "iso-mark";
const tenantCount = 5;
const perNamespace = 3;

/** Words that are not made of anything else: 18 characters, so that base64 of one has no padding. */
export const markerPattern = /zq[0-9a-v]{16}/g;

/** For --token-auth-file. Who is called what is fixed; only the grants made below matter. */
export const tokensCsv = (): string =>
  [...Array.from({ length: tenantCount }, (_, i) => [`admin-${i}`, `reader-${i}`, `guest-${i}`]).flat(), "provider", "nobody"]
    .map((name) => `token-${name},${name},${name},"team-${name}"`)
    .concat('token-masters,masters,masters,"system:masters"')
    .join("\n") + "\n";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const rbacVersion = "rbac.authorization.k8s.io/v1";
const roleRef = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
const userSubject = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name });

/** Builds it with the token of a member of system:masters. */
export async function buildWorld(wire: Wire, token: string, seed: number): Promise<World> {
  const random = new Random(seed ^ 0x5eed);
  const marker = () => `zq${random.letters(16)}`;
  const area = `iso-${random.letters(6)}`;
  const post = (cluster: string, path: string, body: object) => wire.json("POST", `/clusters/${cluster}${path}`, token, body);

  const workspace = async (parent: string, name: string): Promise<string> => {
    const path = "/apis/tenancy.kcp.io/v1alpha1/workspaces";
    await post(parent, path, { apiVersion: "tenancy.kcp.io/v1alpha1", kind: "Workspace", metadata: { name } });
    return until(`workspace ${name}`, async () => {
      const { status, spec } = await wire.json("GET", `/clusters/${parent}${path}/${name}`, token);
      return status?.phase === "Ready" ? (spec.cluster as string) : undefined;
    });
  };
  await workspace("root", area);
  const provider = await buildProvider(await workspace(`root:${area}`, "provider"));
  const tenants: Tenant[] = [];
  const things: Thing[] = [];
  const users: WorldUser[] = [
    { name: "provider", role: "provider", tenant: undefined, token: "token-provider" },
    { name: "nobody", role: "nobody", tenant: undefined, token: "token-nobody" },
    { name: "masters", role: "masters", tenant: undefined, token: "token-masters" },
    { name: "anonymous", role: "anonymous", tenant: undefined, token: undefined },
  ];
  for (let index = 0; index < tenantCount; index++) {
    const cluster = await workspace(`root:${area}`, `tenant-${index}`);
    const consumer = ([undefined, undefined, undefined, "accepts", "rejects"] as const)[index];
    const tenant: Tenant = { index, path: `root:${area}:tenant-${index}`, cluster, ownGroup: `${marker()}.test`, consumer };
    tenants.push(tenant);
    await grantUsers(tenant);
    await fill(tenant);
  }
  const counts = await count();
  return { area, tenants, users, things, provider, counts };

  async function buildProvider(cluster: string): Promise<World["provider"]> {
    const name = "isolation";
    await post(cluster, "/apis/apis.kcp.io/v1alpha1/apiresourceschemas", {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIResourceSchema",
      metadata: { name: `v1.${boundResource}.${exportGroup}` },
      spec: {
        group: exportGroup,
        scope: "Namespaced",
        names: { kind: "Gadget", listKind: "GadgetList", plural: boundResource, singular: "gadget" },
        versions: [{ name: "v1", served: true, storage: true, schema: openSchema.openAPIV3Schema }],
      },
    });
    const claims = ["secrets", "configmaps"].map((resource) => ({ group: "", resource, verbs: ["get", "list", "watch"] }));
    await post(cluster, "/apis/apis.kcp.io/v1alpha2/apiexports", {
      apiVersion: "apis.kcp.io/v1alpha2",
      kind: "APIExport",
      metadata: { name },
      spec: {
        resources: [{ group: exportGroup, name: boundResource, schema: `v1.${boundResource}.${exportGroup}`, storage: { crd: {} } }],
        permissionClaims: claims,
      },
    });
    const identity = await until("the export's identity", async () => {
      const { status } = await wire.json("GET", `/clusters/${cluster}/apis/apis.kcp.io/v1alpha2/apiexports/${name}`, token);
      return status?.identityHash as string | undefined;
    });
    await post(cluster, `${rbac}/clusterroles`, {
      apiVersion: rbacVersion,
      kind: "ClusterRole",
      metadata: { name: "content" },
      rules: [{ apiGroups: ["apis.kcp.io"], resources: ["apiexports/content"], resourceNames: [name], verbs: ["get", "list", "watch"] }],
    });
    await bind(cluster, "content", "provider");
    await bind(cluster, "system:kcp:workspace:access", "provider");
    return { path: `root:${area}:provider`, cluster, export: name, group: exportGroup, resource: boundResource, identity };
  }

  async function bind(cluster: string, role: string, user: string): Promise<void> {
    await post(cluster, `${rbac}/clusterrolebindings`, {
      apiVersion: rbacVersion,
      kind: "ClusterRoleBinding",
      metadata: { name: `${user}-${role.replaceAll(":", "-")}` },
      roleRef: roleRef("ClusterRole", role),
      subjects: [userSubject(user)],
    });
  }

  async function grantUsers(tenant: Tenant): Promise<void> {
    const { cluster, index } = tenant;
    await bind(cluster, "cluster-admin", `admin-${index}`);
    await bind(cluster, "system:kcp:workspace:access", `reader-${index}`);
    await bind(cluster, "system:kcp:workspace:access", `guest-${index}`);
    await post(cluster, `${rbac}/namespaces/default/roles`, {
      apiVersion: rbacVersion,
      kind: "Role",
      metadata: { name: "reader" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
    });
    await post(cluster, `${rbac}/namespaces/default/rolebindings`, {
      apiVersion: rbacVersion,
      kind: "RoleBinding",
      metadata: { name: "reader" },
      roleRef: roleRef("Role", "reader"),
      subjects: [userSubject(`reader-${index}`)],
    });
    // every tenant has a robot of one name who is its administrator: the name alone must open no other tenant
    await post(cluster, "/api/v1/namespaces/default/serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "robot" },
    });
    await bind(cluster, "cluster-admin", "system:serviceaccount:default:robot");
    const issued = await post(cluster, "/api/v1/namespaces/default/serviceaccounts/robot/token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 86_400 },
    });
    for (const role of ["admin", "reader", "guest"] as const)
      users.push({ name: `${role}-${index}`, role, tenant, token: `token-${role}-${index}` });
    users.push({ name: `robot-${index}`, role: "robot", tenant, token: issued.status!.token as string });
  }

  async function fill(tenant: Tenant): Promise<void> {
    const own = { group: tenant.ownGroup, version: "v1", resource: "trinkets", kind: "Trinket" };
    const core = (resource: string, kind: string) => ({ group: "", version: "v1", resource, kind });
    const team = marker();
    await add(tenant, { ...core("namespaces", "Namespace"), namespace: "" }, () => ({}), { name: team });
    await add(
      tenant,
      {
        group: "apiextensions.k8s.io",
        version: "v1",
        resource: "customresourcedefinitions",
        kind: "CustomResourceDefinition",
        namespace: "",
      },
      (value) => ({
        spec: {
          group: own.group,
          scope: "Namespaced",
          names: { kind: own.kind, plural: own.resource, singular: "trinket", listKind: "TrinketList", categories: [value] },
          versions: [{ name: "v1", served: true, storage: true, schema: openSchema }],
        },
      }),
      { name: `${own.resource}.${own.group}`, markedName: own.group.slice(0, 18) },
    );
    if (tenant.consumer) await bindExport(tenant);
    for (const namespace of ["default", team])
      for (let n = 0; n < perNamespace; n++) {
        const claimed = n % 2 === 0;
        await add(tenant, { ...core("configmaps", "ConfigMap"), namespace }, (value) => ({ data: { value } }), { claimed });
        const data = (value: string) => ({ data: { value: Buffer.from(value).toString("base64") } });
        await add(tenant, { ...core("secrets", "Secret"), namespace }, data, { claimed });
      }
    const ruleOf = (value: string) => ({ rules: [{ apiGroups: [value], resources: ["x"], verbs: ["get"] }] });
    await add(tenant, { group: "rbac.authorization.k8s.io", version: "v1", resource: "roles", kind: "Role", namespace: "default" }, ruleOf);
    await add(
      tenant,
      { group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles", kind: "ClusterRole", namespace: "" },
      ruleOf,
    );
    for (let n = 0; n < 2; n++) await add(tenant, { ...own, namespace: "default" }, (value) => ({ spec: { value } }));
    if (tenant.consumer)
      for (const namespace of ["default", team])
        for (let n = 0; n < 2; n++)
          await add(tenant, { group: exportGroup, version: "v1", resource: boundResource, kind: "Gadget", namespace }, (value) => ({
            spec: { value },
          }));
  }

  async function bindExport(tenant: Tenant): Promise<void> {
    const state = tenant.consumer === "accepts" ? "Accepted" : "Rejected";
    const selector = { matchLabels: { [claimLabel]: "yes" } };
    const permissionClaims = ["secrets", "configmaps"].map((resource) => ({
      group: "",
      resource,
      verbs: ["get", "list", "watch"],
      selector,
      state,
    }));
    const thing = await add(
      tenant,
      { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings", kind: "APIBinding", namespace: "" },
      () => ({ spec: { reference: { export: { path: provider.path, name: provider.export } }, permissionClaims } }),
    );
    await until(`the binding of ${tenant.path}`, async () => {
      const path = `/clusters/${tenant.cluster}/apis/apis.kcp.io/v1alpha2/apibindings/${thing.name}`;
      const { status } = await wire.json("GET", path, token);
      const applied = ((status?.appliedPermissionClaims ?? []) as unknown[]).length === (tenant.consumer === "accepts" ? 2 : 0);
      return (status?.phase === "Bound" && applied) || undefined;
    });
  }

  async function add(
    tenant: Tenant,
    what: Pick<Thing, "group" | "version" | "resource" | "kind" | "namespace">,
    contentOf: (value: string) => object,
    options: { claimed?: boolean; name?: string; markedName?: string } = {},
  ): Promise<Thing> {
    const value = marker();
    const label = marker();
    const name = options.name ?? marker();
    const labels: Record<string, string> = { [markerLabel]: label, ...(options.claimed ? { [claimLabel]: "yes" } : {}) };
    const prefix = collectionPath(what);
    // a kind is served a moment after its definition
    let refusal = "";
    const made = await until(
      () => `${prefix}/${name} (${refusal})`,
      async () => {
        const answer = await wire.send({
          method: "POST",
          path: `/clusters/${tenant.cluster}${prefix}`,
          token,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            apiVersion: what.group ? `${what.group}/${what.version}` : what.version,
            kind: what.kind,
            metadata: { name, labels },
            ...contentOf(value),
          }),
        });
        if (answer.status === 404) return void (refusal = answer.body.toString());
        if (answer.status !== 201) throw new Error(`${prefix}: ${answer.status} ${answer.body}`);
        return JSON.parse(answer.body.toString()) as LooseObject;
      },
    );
    const thing: Thing = {
      ...what,
      cluster: tenant.cluster,
      name,
      labels,
      markers: { name: options.markedName ?? name, label, value, uid: made.metadata.uid },
      discovery: what.resource === "customresourcedefinitions",
    };
    things.push(thing);
    return thing;
  }

  /** After what controllers make of all this has come to rest. */
  async function count(): Promise<Map<string, number>> {
    let last = "";
    return until("the world to come to rest", async () => {
      const found = new Map<string, number>();
      for (const { cluster } of tenants)
        for (const what of new Map(things.map((thing) => [`${thing.group}/${thing.resource}`, thing])).values()) {
          const listed = await wire.send({ path: `/clusters/${cluster}${collectionPath({ ...what, namespace: "" })}`, token });
          if (listed.status === 404) continue; // another tenant's kind
          const { items } = JSON.parse(listed.body.toString()) as { items: { metadata: { namespace?: string } }[] };
          found.set(`${cluster}|${what.group}|${what.resource}|`, items.length);
          for (const item of items) {
            if (!item.metadata.namespace) continue;
            const key = `${cluster}|${what.group}|${what.resource}|${item.metadata.namespace}`;
            found.set(key, (found.get(key) ?? 0) + 1);
          }
        }
      const now = JSON.stringify([...found]);
      if (now === last) return found;
      last = now;
      await sleep(500);
      return undefined;
    });
  }
}

/** `/api/v1/namespaces/default/configmaps`: below a cluster. */
export function collectionPath(what: Pick<Thing, "group" | "version" | "resource" | "namespace">): string {
  const root = what.group ? `/apis/${what.group}/${what.version}` : `/api/${what.version}`;
  return `${root}${what.namespace ? `/namespaces/${what.namespace}` : ""}/${what.resource}`;
}

const openSchema = {
  openAPIV3Schema: {
    type: "object",
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  },
};

async function until<T>(what: string | (() => string), ask: () => Promise<T | undefined>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${typeof what === "string" ? what : what()}: not within ${withinMs} ms`);
    await sleep(30);
  }
}
