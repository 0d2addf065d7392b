import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { OpenFgaError } from "@meshplane/rebac";
import type { AccessRequest } from "./access-request.ts";
import { decide, type DecideParts } from "./decide.ts";
import { relationshipWorld, worldClusters, type RelationshipWorld } from "./testing/index.ts";

let world: RelationshipWorld;
before(async () => {
  world = await relationshipWorld();
});

type Resource = NonNullable<AccessRequest["resource"]>;
const ask = async (
  user: string,
  cluster: string,
  resource: Partial<Resource> & { verb: string; resource: string },
  groups: string[] = [],
  parts: Partial<DecideParts> = {},
) =>
  decide(
    { user, groups, cluster, resource: { group: "", version: "v1", namespace: "", name: "", ...resource } },
    { ...world.parts, ...parts },
  );
const { organizations, acme, team, app, rival, provider } = worldClusters;
const accounts = { group: "core.platform-mesh.io", version: "v1alpha1", resource: "accounts" };
const rbac = { group: "rbac.authorization.k8s.io", resource: "clusterroles" };

describe("paths beside the APIs (§3.1)", () => {
  const path = async (user: string, path: string, parts: Partial<DecideParts> = {}, groups: string[] = []) =>
    decide({ user, groups, cluster: team, nonResource: { path, verb: "get" } }, { ...world.parts, ...parts });

  for (const open of ["/api", "/apis/apps/v1", "/apiary", "/openapi/v3", "/version"])
    test(`${open} is open to everybody`, async () => assert.equal((await path("system:anonymous", open)).allowed, true));
  for (const closed of ["/", "/metrics", "/healthz", "/API"])
    test(`${closed} is not`, async () => {
      const answer = await path("orga", closed);
      assert.equal(answer.allowed, false);
      assert.equal(answer.unknownCluster, undefined);
    });
  test("strict: to who is signed in", async () => {
    assert.equal((await path("system:anonymous", "/api", { strict: true }, ["system:unauthenticated"])).allowed, false);
    assert.equal((await path("mel", "/api", { strict: true }, ["system:authenticated"])).allowed, true);
  });
});

describe("the organizations' workspace (§3.2)", () => {
  for (const verb of ["get", "list", "watch", "create"])
    test(`everybody may ${verb} organizations`, async () =>
      assert.equal((await ask("new", organizations, { ...accounts, verb, name: "acme" })).allowed, true));
  for (const user of ["system:anonymous", "system:kcp:serviceaccount:abc:default:ci", "system:serviceaccount:default:ci"])
    test(`${user} is not everybody`, async () => {
      for (const verb of ["list", "create"])
        assert.equal((await ask(user, organizations, { ...accounts, verb }, ["system:authenticated"])).allowed, false);
    });
  for (const verb of ["update", "delete", "patch", "deletecollection"])
    test(`nobody may ${verb} them`, async () => {
      const answer = await ask("orga", organizations, { ...accounts, verb, name: "acme" });
      assert.deepEqual([answer.allowed, answer.failure], [false, undefined]);
      assert.match(answer.reason, /nobody's/);
    });
  test("the object does not count, the relation has the group's name", async () => {
    const { asked } = await ask("new", organizations, { ...accounts, verb: "get", name: "a" });
    assert.equal(asked?.object, "tenancy_kcp_io_workspace:orgs");
    assert.equal(asked?.relation, "get_core_platform-mesh_io_accounts");
    assert.deepEqual(asked?.contextualTuples, []);
  });
  test("nothing else", async () =>
    assert.equal((await ask("orga", organizations, { verb: "list", resource: "namespaces" })).allowed, false));
});

describe("binding an export (§3.3 a)", () => {
  const binding = { group: "apis.kcp.io", resource: "apiexports", verb: "bind", name: "httpbin" };
  const from = (cluster: string) => ["system:authenticated", `system:cluster:${cluster}`];
  test("where it may be bound, whoever asks", async () => {
    const { allowed, asked } = await ask("nobody", provider, binding, from(team));
    assert.equal(allowed, true);
    assert.deepEqual(
      [asked?.user, asked?.relation, asked?.object, asked?.contextualTuples],
      [`apis_kcp_io_apiexport:${provider}/httpbin`, "bind", `core_platform-mesh_io_account:${acme}/team`, []],
    );
  });
  test("not elsewhere, not another export, not without a consumer", async () => {
    assert.equal((await ask("rita", provider, binding, from(rival))).allowed, false);
    assert.equal((await ask("orga", provider, { ...binding, name: "other" }, from(team))).allowed, false);
    const nobody = await ask("orga", provider, binding);
    assert.deepEqual([nobody.allowed, nobody.unknownCluster], [false, undefined]);
    assert.equal((await ask("orga", provider, binding, from("unknown"))).unknownCluster, "unknown");
  });
});

describe("accounts' workspaces (§3.3 b, §5)", () => {
  const who = ["mel", "boss", "orga", "orgm", "nick", "rita", "system:anonymous"];
  const members = ["mel", "boss", "orga"];
  const owners = ["boss", "orga"];
  const table: [string, Partial<Resource> & { verb: string; resource: string }, string[]][] = [
    ["list namespaces", { verb: "list", resource: "namespaces" }, members],
    ["watch namespaces", { verb: "watch", resource: "namespaces" }, members],
    ["create namespaces", { verb: "create", resource: "namespaces" }, owners],
    ["get a namespace", { verb: "get", resource: "namespaces", name: "x", namespace: "x" }, members],
    ["the namespace of a role", { verb: "get", resource: "namespaces", name: "lab", namespace: "lab" }, [...members, "nick"]],
    ["delete a namespace", { verb: "delete", resource: "namespaces", name: "x", namespace: "x" }, members],
    ["patch status", { verb: "patch", resource: "namespaces", name: "x" }, members],
    ["list config maps", { verb: "list", resource: "configmaps", namespace: "x" }, members],
    ["list them where one has a role", { verb: "list", resource: "configmaps", namespace: "lab" }, [...members, "nick"]],
    ["create them there", { verb: "create", resource: "configmaps", namespace: "lab" }, [...owners, "nick"]],
    ["get one there", { verb: "get", resource: "configmaps", namespace: "lab", name: "c" }, [...members, "nick"]],
    ["across all namespaces", { verb: "list", resource: "configmaps" }, members],
    ["version *", { verb: "list", resource: "configmaps", version: "*" }, members],
    ["deletecollection", { verb: "deletecollection", resource: "configmaps", namespace: "x" }, []],
    ["create an account below", { ...accounts, verb: "create" }, members],
    // the core module has no "member from parent": whoever makes an account owns it
    ["get it", { ...accounts, verb: "get", name: "app" }, owners],
    ["delete it", { ...accounts, verb: "delete", name: "app" }, owners],
    ["read roles", { ...rbac, verb: "get", name: "r" }, members],
    ["write roles", { ...rbac, verb: "update", name: "r" }, owners],
    ["escalate", { ...rbac, verb: "escalate", name: "r" }, owners],
    ["bind a role", { ...rbac, verb: "bind", name: "r" }, owners],
    ["a role with colons", { ...rbac, verb: "get", name: "system:a/b#c d" }, members],
    ["may I?", { group: "authorization.k8s.io", resource: "selfsubjectaccessreviews", verb: "create" }, owners],
    ["without a model", { group: "coordination.k8s.io", resource: "leases", verb: "get", namespace: "x", name: "l" }, []],
    ["not served", { group: "apps", resource: "deployments", verb: "list" }, []],
  ];
  for (const [name, resource, allowed] of table)
    test(name, async () => {
      const found: string[] = [];
      for (const user of who) if ((await ask(user, team, resource)).allowed) found.push(user);
      assert.deepEqual(found.sort(), [...allowed].sort());
    });
  test("owners are inherited, members are not; other organizations see nothing", async () => {
    const list = { verb: "list", resource: "namespaces" };
    const allowedIn = async (cluster: string) => {
      const found: string[] = [];
      for (const user of who) if ((await ask(user, cluster, list)).allowed) found.push(user);
      return found;
    };
    assert.deepEqual(await allowedIn(app), ["boss", "orga"]);
    assert.deepEqual(await allowedIn(acme), ["orga", "orgm"]);
    assert.deepEqual(await allowedIn(rival), ["rita"]);
  });
  test("a service account has the role that its name was given, its look-alikes have not", async () => {
    const list = { verb: "list", resource: "namespaces" };
    assert.equal((await ask("system:serviceaccount:default:ci", team, list)).allowed, true);
    for (const name of [
      "system.serviceaccount.default.ci",
      "system:serviceaccount.default:ci",
      "system:serviceaccount:default.ci",
      "system%3Aserviceaccount:default:ci",
    ])
      assert.equal((await ask(name, team, list)).allowed, false, name);
  });
  test("what is sent of objects with and without a namespace", async () => {
    const place = `core_platform-mesh_io_account:${acme}/team`;
    const one = (await ask("mel", team, { verb: "get", resource: "configmaps", namespace: "n", name: "c" })).asked!;
    assert.deepEqual(
      [one.object, one.relation, one.contextualTuples],
      [
        `core_configmap:${team}/c`,
        "get",
        [
          { object: `core_namespace:${team}/n`, relation: "parent", user: place },
          { object: `core_configmap:${team}/c`, relation: "parent", user: `core_namespace:${team}/n` },
        ],
      ],
    );
    const all = (await ask("mel", team, { verb: "list", resource: "configmaps" })).asked!;
    assert.deepEqual([all.object, all.relation], [`core_namespace:${team}/`, "list_core_configmaps"]);
    const wide = (await ask("mel", team, { ...rbac, verb: "list" })).asked!;
    assert.deepEqual(wide.contextualTuples, [
      { object: `rbac_authorization_k8s_io_clusterrole:${team}/`, relation: "parent", user: place },
    ]);
  });
  test("strict: the namespace is in the id", async () => {
    const { asked, allowed } = await ask("mel", team, { verb: "get", resource: "configmaps", namespace: "n", name: "c" }, [], {
      strict: true,
    });
    assert.deepEqual([asked?.object, allowed], [`core_configmap:${team}/n/c`, true]);
  });
});

describe("what cannot be decided (§6)", () => {
  const list = { verb: "list", resource: "namespaces" };
  test("no logical cluster, an unknown one, one of no account", async () => {
    for (const cluster of ["", "*"]) assert.deepEqual((await ask("orga", cluster, list)).unknownCluster, undefined);
    for (const cluster of ["nowhere", provider, "root"]) {
      const answer = await ask("orga", cluster, list);
      assert.deepEqual([answer.allowed, answer.unknownCluster], [false, cluster]);
    }
  });
  test("neither attributes", async () =>
    assert.equal((await decide({ user: "orga", groups: [], cluster: team }, world.parts)).allowed, false));
  test("an engine that is down: closed, said so, and well again without a restart", async () => {
    let down = true;
    const fga = new Proxy(world.fga, {
      get: (target, key) =>
        key === "check" && down
          ? async () => {
              throw new OpenFgaError("unavailable", "cannot be reached");
            }
          : Reflect.get(target, key).bind?.(target),
    });
    const answer = await ask("orga", team, list, [], { fga });
    assert.deepEqual([answer.allowed, answer.failure], [false, "cannot be reached"]);
    down = false;
    assert.equal((await ask("orga", team, list, [], { fga })).allowed, true);
  });
  test("a place that cannot be looked up: closed", async () => {
    const answer = await ask("orga", team, list, [], {
      organizationsCluster: () => Promise.reject(new Error("no network")),
    });
    assert.deepEqual([answer.allowed, answer.failure], [false, "no network"]);
  });
  test("names that are no names", async () => {
    for (const user of ["*", "user:*", "a#b", "role:authenticated#assignee", "orga ", "or\u00a0ga", "%6Frga", "x".repeat(600), ""]) {
      const answer = await ask(user, team, list);
      assert.equal(answer.allowed, false, JSON.stringify(user));
      assert.equal(answer.failure, undefined, JSON.stringify(user));
    }
    for (const namespace of ["lab/x", "lab#owner", "lab x", "*", "../lab", "x".repeat(600)])
      assert.equal((await ask("nick", team, { verb: "list", resource: "configmaps", namespace })).allowed, false, namespace);
  });
  test("a resource whose name leaves no room for a relation", async () =>
    assert.equal(
      (await ask("orga", team, { verb: "list", resource: "x".repeat(60) }, [], { shapeOf: () => ({ singular: "x", namespaced: false }) }))
        .allowed,
      false,
    ));
});

test("a store that was made anew is found", async () => {
  const own = await relationshipWorld();
  const list = { verb: "list", resource: "namespaces" };
  const asked = async () =>
    decide(
      { user: "rita", groups: [], cluster: rival, resource: { group: "", version: "v1", namespace: "", name: "", ...list } },
      own.parts,
    );
  assert.equal((await asked()).allowed, true);
  const [model] = (await own.fga.readAuthorizationModels({ storeId: own.stores.rival })).authorizationModels;
  await own.fga.deleteStore({ storeId: own.stores.rival });
  const again = await own.fga.createStore({ name: "rival" });
  await own.fga.writeAuthorizationModel({ storeId: again.id, model: model! });
  own.stores.rival = again.id;
  own.directory.forgetStore("rival");
  assert.equal((await asked()).allowed, false);
});

test("what a refusal shows is what was asked, and the same wherever it was asked", async () => {
  for (const resource of [
    { verb: "list", resource: "namespaces" },
    { verb: "get", resource: "configmaps", namespace: "n", name: "c" },
    { verb: "list", resource: "configmaps", namespace: "n" },
    { verb: "list", resource: "deployments", group: "apps" },
    { group: "apis.kcp.io", resource: "apiexports", verb: "bind", name: "httpbin" },
  ]) {
    const shown = new Set<string | undefined>();
    for (const cluster of [team, acme, rival, app, "nowhere", provider]) {
      const answer = await ask("stranger", cluster, resource);
      assert.equal(answer.allowed, false);
      shown.add(answer.shown);
    }
    assert.equal(shown.size, 1, JSON.stringify([...shown]));
    const [text] = shown;
    assert.match(text!, /^relation \S+ on .+ is missing$/);
    assert.doesNotMatch(text!, /acme|team|rival|[a-z]+0\b/);
  }
});
