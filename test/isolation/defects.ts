/** One wrong thing each, of the kind that such a server gets wrong. The property must notice every one. */
import { allow, deny, type Authorizer, type Endpoint } from "@meshplane/apiserver";
import type { World } from "./world.ts";

export interface Defect {
  about: string;
  apply(endpoint: Endpoint, world: World): Endpoint;
}

const reads = new Set(["get", "list", "watch"]);

/** Asks another authorizer first. */
const withAuthorizer = (endpoint: Endpoint, instead: (ask: Authorizer) => Authorizer): Endpoint => ({
  ...endpoint,
  authorize: instead(endpoint.authorize),
});

export const defects: Defect[] = [
  {
    about: "whoever is known may read in every workspace, as if entering it were not checked",
    apply: (endpoint) =>
      withAuthorizer(endpoint, (ask) => (attributes) => {
        const { user, target } = attributes;
        const known = user.groups.includes("system:authenticated");
        return known && target.kind === "resource" && reads.has(target.verb) && !endpoint.virtual ? allow("defect") : ask(attributes);
      }),
  },
  {
    about: "discovery is open to all",
    apply: (endpoint) =>
      withAuthorizer(endpoint, (ask) => (attributes) => (attributes.target.kind === "nonResource" ? allow("defect") : ask(attributes))),
  },
  {
    about: "one request in fifty is served from another workspace's data",
    apply(endpoint, { tenants }) {
      if (!tenants.some(({ cluster }) => cluster === endpoint.cluster) || ++requests % 50 !== 0) return endpoint;
      const { cluster } = tenants[(tenants.findIndex((tenant) => tenant.cluster === endpoint.cluster) + 1) % tenants.length]!;
      return {
        ...endpoint,
        cluster,
        authorize: ({ user, target }) => endpoint.authorize({ user, target: { ...target, cluster: endpoint.cluster } }),
      };
    },
  },
  {
    about: "a namespace's grant counts for all namespaces",
    apply: (endpoint) =>
      withAuthorizer(endpoint, (ask) => (attributes) => {
        const { user, target } = attributes;
        const widened = target.kind === "resource" && target.resource === "configmaps" && reads.has(target.verb);
        return ask(widened && !endpoint.virtual ? { user, target: { ...target, namespace: "default" } } : attributes);
      }),
  },
  {
    about: "the provider's view does not look for a binding",
    apply: (endpoint) => (endpoint.virtual && endpoint.cluster !== "*" ? withAuthorizer(endpoint, () => () => allow("defect")) : endpoint),
  },
  {
    about: "the provider's write is taken for a read",
    apply: (endpoint) =>
      withAuthorizer(endpoint, (ask) => (attributes) => {
        const { user, target } = attributes;
        const write = endpoint.virtual && target.kind === "resource" && !reads.has(target.verb);
        return ask(write ? { user, target: { ...target, verb: "get" } } : attributes);
      }),
  },
  {
    about: "what is granted is refused once in a while",
    apply: (endpoint) => withAuthorizer(endpoint, (ask) => (attributes) => (++requests % 40 === 0 ? deny("defect") : ask(attributes))),
  },
  {
    about: "a refusal tells whether the object exists",
    apply: (endpoint, { things }) =>
      withAuthorizer(endpoint, (ask) => async (attributes) => {
        const decision = await ask(attributes);
        const { target } = attributes;
        const absent = target.kind === "resource" && target.name !== "" && !things.some(({ name }) => name === target.name);
        return decision.decision !== "allow" && absent ? allow("defect") : decision;
      }),
  },
];

let requests = 0;
