/** Random requests, each with what it asks for by construction. The same seed gives the same requests for a world built with it. */
import type { Asked, AskedObjects, Verb } from "./asked.ts";
import type { Random } from "./random.ts";
import type { WireRequest } from "./wire.ts";
import { claimLabel, collectionPath, markerLabel, type Thing, type World, type WorldUser } from "./world.ts";

type Headers = Record<string, string>;
interface Address {
  via: Asked["via"];
  cluster: string;
  prefix: string;
}

export class Requests {
  readonly #world: World;
  readonly #random: Random;
  #index = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  next(): Asked {
    const random = this.#random;
    const user = this.#user();
    const kind = random.weighted([
      [70, "objects"],
      [12, "discovery"],
      [10, "odd"],
      [3, "review"],
    ] as const);
    const asked =
      kind === "objects"
        ? this.#objects(user)
        : kind === "discovery"
          ? this.#discovery(user)
          : kind === "odd"
            ? this.#odd(user)
            : this.#review(user);
    if (random.chance(0.12)) {
      asked.wire.http1 = true;
      if (asked.twin) asked.twin.http1 = true;
    }
    return { ...asked, index: this.#index++ };
  }

  #user(): WorldUser {
    const weights = { admin: 5, reader: 4, guest: 2, robot: 3, provider: 16, nobody: 6, anonymous: 3, masters: 2 };
    return this.#random.weighted(this.#world.users.map((user) => [weights[user.role], user] as const));
  }

  /** Half of the time where the user has grants, so that the positive controls are many too. */
  #address(user: WorldUser): Address {
    const { tenants, provider } = this.#world;
    const random = this.#random;
    const view = `/services/apiexport/${provider.cluster}/${provider.export}/clusters/`;
    // masters are let in everywhere: nothing to learn from them in a view
    if (user.role !== "masters" && random.chance(user.role === "provider" ? 0.75 : 0.1)) {
      const cluster = random.chance(0.4) ? "*" : random.pick(tenants).cluster;
      return { via: "view", cluster, prefix: `${view}${cluster}` };
    }
    if (random.chance(user.role === "masters" ? 0.4 : 0.06)) return { via: "cluster", cluster: "*", prefix: "/clusters/*" };
    const tenant = user.tenant && random.chance(0.5) ? user.tenant : random.pick(tenants);
    return { via: "cluster", cluster: tenant.cluster, prefix: `/clusters/${random.chance(0.3) ? tenant.path : tenant.cluster}` };
  }

  #objects(user: WorldUser): Asked {
    const random = this.#random;
    const address = this.#address(user);
    const { things } = this.#world;
    const there = things.filter((thing) => thing.cluster === address.cluster);
    const usable =
      address.via === "view" ? there.filter(({ resource }) => /^(gadgets|configmaps|secrets|apibindings)$/.test(resource)) : there;
    const thing = random.pick(usable.length && random.chance(0.8) ? usable : things);
    const verb = random.weighted([
      [45, "get"],
      [40, "list"],
      [3, "watch"],
      [10, "write"],
    ] as const satisfies readonly (readonly [number, Verb])[]);
    const wildcard = address.cluster === "*";
    const named = !wildcard && (verb === "get" || (verb === "write" && random.chance(0.8)));
    const namespaced = thing.namespace !== "" && (named || (!wildcard && random.chance(0.6)));
    const objects: AskedObjects = {
      verb: verb === "get" && !named ? "list" : verb,
      group: thing.group,
      resource: thing.resource,
      namespace: namespaced ? thing.namespace : "",
      name: named ? thing.name : "",
      matches: undefined,
      countable: false,
      limit: undefined,
      shows: "all",
    };
    // bound kinds have one wildcard per identity
    const identity =
      wildcard && address.via === "cluster" && thing.resource === this.#world.provider.resource ? `:${this.#world.provider.identity}` : "";
    const foreignKind =
      thing.cluster !== address.cluster && (thing.group.startsWith("zq") || thing.resource === this.#world.provider.resource);
    const path = `${address.prefix}${collectionPath({ ...thing, namespace: objects.namespace })}${identity}`;
    const query = new Map<string, string>();
    const headers: Headers = {};
    let plain = this.#shape(objects, headers, query, thing, address) && !(foreignKind && identity === "" && address.via === "cluster");
    if (objects.verb !== "get" && objects.verb !== "write") this.#select(objects, query, thing);
    const wire: WireRequest = { path: "", token: user.token, headers };
    if (objects.verb === "watch") {
      query.set("watch", "true").set("timeoutSeconds", "1");
      if (random.chance(0.4))
        query.set("sendInitialEvents", "true").set("resourceVersionMatch", "NotOlderThan").set("allowWatchBookmarks", "true");
      objects.limit = undefined;
      query.delete("limit");
    }
    if (objects.verb === "write") this.#write(wire, objects, query, thing);
    if (random.chance(0.15)) {
      this.#dress(headers);
      plain = false;
    }
    const tail = query.size ? `?${[...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}` : "";
    const asked: Asked = {
      index: 0,
      user,
      wire,
      via: address.via,
      cluster: address.cluster,
      objects,
      plain,
      twin: undefined,
      twinNames: undefined,
    };
    wire.path = named ? `${path}/${thing.name}${tail}` : `${path}${tail}`;
    // those who may read the collection may know what is in it
    const mayKnow = user.role === "masters" || user.role === "provider" || user.tenant?.cluster === address.cluster;
    if (named && objects.verb === "get" && !mayKnow && random.chance(0.25)) {
      const other = `zz${thing.name.slice(2)}`;
      asked.twin = { ...wire, path: `${path}/${other}${tail}` };
      asked.twinNames = [thing.name, other];
    }
    return asked;
  }

  /** The form of the answer; true when everything about it is ordinary for that kind. */
  #shape(objects: AskedObjects, headers: Headers, query: Map<string, string>, thing: Thing, { via }: Address): boolean {
    const random = this.#random;
    const builtIn = ["", "rbac.authorization.k8s.io"].includes(thing.group);
    const form = random.weighted([
      [40, "json"],
      [10, "yaml"],
      [14, "protobuf"],
      [14, "table"],
      [14, "metadata"],
      [4, "gzip"],
    ] as const);
    if (form === "gzip") headers["accept-encoding"] = "gzip";
    if (form === "yaml" && objects.verb !== "watch") headers.accept = "application/yaml";
    if (form === "protobuf")
      headers.accept = builtIn ? "application/vnd.kubernetes.protobuf" : "application/vnd.kubernetes.protobuf,application/json";
    if (form === "table") {
      headers.accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
      const include = random.pick(["", "Metadata", "Object", "None"]);
      if (include) query.set("includeObject", include);
      objects.shows = include === "None" ? "name" : include === "Object" ? "all" : "metadata";
    }
    if (form === "metadata") {
      const list = objects.verb === "list" ? "List" : "";
      headers.accept = `application/json;as=PartialObjectMetadata${list};v=v1;g=meta.k8s.io`;
      objects.shows = "metadata";
    }
    return form !== "protobuf" || !builtIn || via === "cluster"; // views have no protobuf; other kinds fall back to JSON
  }

  #select(objects: AskedObjects, query: Map<string, string>, thing: Thing): void {
    const random = this.#random;
    const other = random.pick(this.#world.things);
    const byLabel = (selector: string, matches: (candidate: Thing) => boolean, countable: boolean) => {
      query.set("labelSelector", selector);
      objects.matches = matches;
      objects.countable = countable;
    };
    const mark = (candidate: Thing) => candidate.labels[markerLabel]!;
    random.weighted<() => void>([
      [50, () => {}],
      [10, () => byLabel(`${markerLabel}=${mark(thing)}`, (candidate) => mark(candidate) === mark(thing), true)],
      [10, () => byLabel(`${markerLabel}=${mark(other)}`, (candidate) => mark(candidate) === mark(other), true)],
      [
        5,
        () =>
          byLabel(
            `${markerLabel} in (${mark(thing)},${mark(other)})`,
            (candidate) => [mark(thing), mark(other)].includes(mark(candidate)),
            true,
          ),
      ],
      [5, () => byLabel(`${markerLabel}!=${mark(other)}`, (candidate) => mark(candidate) !== mark(other), false)],
      [5, () => byLabel(`${claimLabel}`, (candidate) => Object.hasOwn(candidate.labels, claimLabel), true)],
      [5, () => byLabel(`!${claimLabel}`, (candidate) => !Object.hasOwn(candidate.labels, claimLabel), false)],
      [
        8,
        () => {
          query.set("fieldSelector", `metadata.name=${other.name}`);
          objects.matches = (candidate) => candidate.name === other.name;
          objects.countable = true;
        },
      ],
    ])();
    if (objects.verb === "list" && random.chance(0.25)) {
      objects.limit = 1 + random.below(3);
      query.set("limit", String(objects.limit));
    }
    if (objects.verb === "list" && objects.limit === undefined && random.chance(0.1)) query.set("resourceVersion", "0");
  }

  /** Only dry runs: the world stays what it is. */
  #write(wire: WireRequest, objects: AskedObjects, query: Map<string, string>, thing: Thing): void {
    const random = this.#random;
    query.set("dryRun", "All");
    const json = (method: string, type: string, body: object) => {
      wire.method = method;
      wire.headers!["content-type"] = type;
      wire.body = JSON.stringify(body);
    };
    const identity = { apiVersion: thing.group ? `${thing.group}/${thing.version}` : thing.version, kind: thing.kind };
    const annotations = { touched: "yes" };
    if (!objects.name) {
      if (random.chance(0.5)) wire.method = "DELETE";
      else json("POST", "application/json", { ...identity, metadata: { name: `zz${random.letters(12)}`, annotations } });
      return;
    }
    const choice = random.below(4);
    if (choice === 0) wire.method = "DELETE";
    if (choice === 1) json("PATCH", "application/merge-patch+json", { metadata: { annotations } });
    if (choice === 2) json("PUT", "application/json", { ...identity, metadata: { name: thing.name, annotations } });
    if (choice === 3) {
      query.set("fieldManager", "isolation");
      json("PATCH", "application/apply-patch+yaml", { ...identity, metadata: { name: thing.name, annotations } });
    }
  }

  /** Headers with which somebody else's identity could be claimed. */
  #dress(headers: Headers): void {
    const random = this.#random;
    const { users, tenants } = this.#world;
    const someone = random.pick(users);
    const names = [
      someone.name,
      "masters",
      "kcp-admin",
      "system:apiserver",
      "system:serviceaccount:default:robot",
      `system:kcp:serviceaccount:${random.pick(tenants).cluster}:default:robot`,
    ];
    const groups = [
      "system:masters",
      "system:kcp:admin",
      "system:kcp:logical-cluster-admin",
      "system:kcp:initializer:root:universal",
      `system:cluster:${random.pick(tenants).cluster}`,
    ];
    const warrant = JSON.stringify({ user: random.pick(names), groups: [random.pick(groups)] });
    const all: [string, string][] = [
      ["impersonate-user", random.pick(names)],
      ["impersonate-group", random.pick(groups)],
      ["impersonate-extra-authorization.kcp.io%2fwarrant", warrant],
      ["impersonate-extra-authentication.kcp.io%2fscopes", `cluster:${random.pick(tenants).cluster}`],
      ["impersonate-extra-authentication.kcp.io%2fcluster-name", random.pick(tenants).cluster],
      ["x-remote-user", random.pick(names)],
      ["x-remote-group", random.pick(groups)],
      ["x-remote-extra-authorization.kcp.io%2fwarrant", warrant],
      ["x-kcp-internal-deep-subjectaccessreview", "true"],
      ["x-kubernetes-sharded-request", "true"],
      ["x-kcp-virtual-resource-hops", "1"],
      ["x-forwarded-for", "127.0.0.1"],
      ["x-original-url", `/clusters/${random.pick(tenants).cluster}/api/v1/configmaps`],
      ["x-kubernetes-cluster", random.pick(tenants).cluster],
    ];
    for (let n = 1 + random.below(3); n > 0; n--) {
      const [name, value] = random.pick(all);
      headers[name] = value;
      if (name.startsWith("impersonate-") && random.chance(0.7)) headers["impersonate-user"] ??= random.pick(names);
    }
  }

  #discovery(user: WorldUser): Asked {
    const random = this.#random;
    const address = this.#address(user);
    const tenant = random.pick(this.#world.tenants);
    const path = random.pick([
      "/api", "/apis", "/apis", "/api/v1", "/openapi/v3", "/openapi/v2", "/", "/version", "/healthz", "/metrics", "/debug/pprof/", "/statusz",
      `/apis/${tenant.ownGroup}`, `/apis/${tenant.ownGroup}/v1`, `/openapi/v3/apis/${tenant.ownGroup}/v1`,
      `/apis/${this.#world.provider.group}/v1`, `/openapi/v3/apis/${this.#world.provider.group}/v1`, "/openid/v1/jwks",
    ]); // prettier-ignore
    const accept = random.pick([
      "application/json",
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
      "application/vnd.kubernetes.protobuf",
      "application/yaml",
    ]);
    const wire: WireRequest = { path: `${address.prefix}${path}`, token: user.token, headers: { accept } };
    if (random.chance(0.1)) this.#dress(wire.headers as Headers);
    const plain = address.cluster !== "*" && address.via === "cluster" && Object.keys(wire.headers!).length === 1;
    return { index: 0, user, wire, ...address, objects: undefined, plain, twin: undefined, twinNames: undefined };
  }

  /** Paths that should lead nowhere, or to where a cleaned one leads; forged continue tokens; other views. */
  #odd(user: WorldUser): Asked {
    const random = this.#random;
    const { provider, tenants, area } = this.#world;
    const thing = random.pick(this.#world.things);
    const own = user.tenant ?? random.pick(tenants);
    const objects = `${collectionPath(thing)}${random.chance(0.5) ? `/${thing.name}` : ""}`;
    const view = `/services/apiexport/${provider.cluster}/${provider.export}/clusters`;
    const token = (start: string) =>
      encodeURIComponent(
        Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: random.pick([1, -1, 100000]), start })).toString("base64url"),
      );
    const path = random.pick([
      `/clusters/${own.cluster}/../${thing.cluster}${objects}`,
      `/clusters/${own.cluster}/%2e%2e/${thing.cluster}${objects}`,
      `/clusters/${own.cluster}%2F..%2F${thing.cluster}${objects}`,
      `/clusters/${own.cluster}/clusters/${thing.cluster}${objects}`,
      `/clusters/${own.cluster}//clusters/${thing.cluster}${objects}`,
      `/clusters/${own.cluster}:${thing.cluster}${objects}`,
      `/clusters/${own.cluster},${thing.cluster}${objects}`,
      `/clusters/${thing.cluster}%00${objects}`,
      `/clusters/${thing.cluster.toUpperCase()}${objects}`,
      `/clusters/%2A${objects}`,
      `/clusters/**${objects}`,
      `/clusters/root:${area}${objects}`,
      `/clusters/root:${area}/apis/tenancy.kcp.io/v1alpha1/workspaces`,
      `/clusters/root/apis/tenancy.kcp.io/v1alpha1/workspaces/${area}`,
      `/clusters/${thing.cluster}/apis/core.kcp.io/v1alpha1/logicalclusters/cluster`,
      `/clusters/system:admin${objects}`,
      `/clusters/system:bound-crds/apis/apiextensions.k8s.io/v1/customresourcedefinitions`,
      `/clusters/system:system-crds/apis/apiextensions.k8s.io/v1/customresourcedefinitions`,
      "/metrics",
      objects,
      `//clusters/${thing.cluster}${objects}`,
      `/services/apiexport/${provider.path}/${provider.export}/clusters/*${objects}`,
      `/services/apiexport/${thing.cluster}/${provider.export}/clusters/*${objects}`,
      `/services/apiexport/root/tenancy.kcp.io/clusters/*/apis/tenancy.kcp.io/v1alpha1/workspaces`,
      `${view}/${own.cluster}/../${thing.cluster}${objects}`,
      `${view}/${own.path}${objects}`,
      `${view}/*/clusters/${thing.cluster}${objects}`,
      `${view}/*${collectionPath({ ...thing, namespace: thing.namespace || "default" })}`,
      `${view}/*${collectionPath({ ...thing, namespace: "" })}?labelSelector=${encodeURIComponent(`claimed.internal.apis.kcp.io/${random.letters(8)}`)}`,
      `/services/initializingworkspaces/root:universal/clusters/*/apis/core.kcp.io/v1alpha1/logicalclusters`,
      `/services/initializingworkspaces/root:universal/clusters/${thing.cluster}${objects}`,
      `/services/terminatingworkspaces/root:universal/clusters/${thing.cluster}${objects}`,
      `/services/apiresourceschema/${thing.cluster}/clusters/*/apis/apis.kcp.io/v1alpha1/apiresourceschemas`,
      `/services/replication/${provider.cluster}/${provider.export}/clusters/${thing.cluster}${objects}`,
      `/services/cache/shards/*/clusters/*${objects}`,
      `/services/cache/shards/root/clusters/${thing.cluster}${objects}`,
      `/services/../clusters/${thing.cluster}${objects}`,
      `/services/none/clusters/${thing.cluster}${objects}`,
      `/clusters/${own.cluster}/api/v1/configmaps?limit=2&continue=${token(`/${thing.namespace}/${thing.name}\u0000`)}`,
      `/clusters/${own.cluster}/api/v1/configmaps?limit=2&continue=${token(`/../../${thing.cluster}/${thing.namespace}/`)}`,
      `/clusters/${own.cluster}/api/v1/secrets?limit=50&continue=${token(`/${thing.cluster}/${thing.namespace}/a`)}`,
      `${view}/*/api/v1/secrets?limit=50&continue=${token(`/${thing.cluster}/a/a`)}`,
      `/clusters/${own.cluster}/api/v1/namespaces/default/configmaps?fieldSelector=${encodeURIComponent(`metadata.namespace=${thing.namespace}`)}`,
      `/clusters/${own.cluster}/api/v1/namespaces/default%2F..%2F..%2F..%2F${thing.cluster}/configmaps`,
      `/clusters/${own.cluster}/api/v1/watch/namespaces/${thing.namespace || "default"}/configmaps?timeoutSeconds=1`,
      `/clusters/${thing.cluster}${objects}/status`,
      `/clusters/${thing.cluster}${objects}/scale`,
      `/clusters/${thing.cluster}/api/v1/namespaces/default/serviceaccounts/robot`,
      `/clusters/${thing.cluster}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`,
      `/clusters/${thing.cluster}/apis/apis.kcp.io/v1alpha2/apibindings`,
    ]); // prettier-ignore
    const wire: WireRequest = { path, token: user.token, headers: {} };
    if (random.chance(0.2)) this.#dress(wire.headers as Headers);
    return { index: 0, user, wire, via: "odd", cluster: "", objects: undefined, plain: false, twin: undefined, twinNames: undefined };
  }

  /** Reviews may say yes or no, and nothing else. */
  #review(user: WorldUser): Asked {
    const random = this.#random;
    const thing = random.pick(this.#world.things);
    const attributes = { verb: "get", group: thing.group, resource: thing.resource, namespace: thing.namespace, name: thing.name };
    const [resource, kind, spec] = random.pick([
      ["selfsubjectaccessreviews", "SelfSubjectAccessReview", { resourceAttributes: attributes }],
      ["subjectaccessreviews", "SubjectAccessReview", { user: random.pick(this.#world.users).name, resourceAttributes: attributes }],
      ["selfsubjectrulesreviews", "SelfSubjectRulesReview", { namespace: "default" }],
    ] as const);
    const body = JSON.stringify({ apiVersion: "authorization.k8s.io/v1", kind, spec });
    const headers: Headers = { "content-type": "application/json" };
    if (random.chance(0.5)) headers["x-kcp-internal-deep-subjectaccessreview"] = "true";
    const address = this.#address(user);
    const wire: WireRequest = {
      method: "POST",
      path: `${address.prefix}/apis/authorization.k8s.io/v1/${resource}`,
      token: user.token,
      headers,
      body,
    };
    return { index: 0, user, wire, via: "odd", cluster: "", objects: undefined, plain: false, twin: undefined, twinNames: undefined };
  }
}
