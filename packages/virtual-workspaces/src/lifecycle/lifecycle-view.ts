/**
 * `/services/initializingworkspaces/<id>/clusters/<*|name>/…` and its twin for deletion. The wildcard shows the LogicalClusters that wait for `id`; one cluster shows its
 * LogicalCluster and, while it waits, everything inside. @see spec virtual-workspaces §3, §4
 */
import { allClusters, hasReason } from "@meshplane/apimachinery";
import type { LogicalCluster, WorkspaceType } from "@meshplane/apis";
import {
  allow,
  deny,
  mastersGroup,
  surfaceOf,
  TextAnswer,
  type AuthorizationAttributes,
  type Decision,
  type Endpoint,
  type ResourceDefinition,
  type ResourceTarget,
  type Surface,
  type User,
  type Verb,
} from "@meshplane/apiserver";
import { ruleAllows } from "@meshplane/controlplane";
import type { VirtualWorkspace } from "@meshplane/kcp";
import { deriveDefinition } from "../derive-definition.ts";
import { parseViewPath } from "../parse-view-path.ts";
import { readStored } from "../read-stored.ts";
import type { ViewDependencies } from "../view-dependencies.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { statusAdmission } from "./status-admission.ts";

const coreGroup = "core.kcp.io";
const tenancyGroup = "tenancy.kcp.io";

export function lifecycleView(lifecycle: Lifecycle, deps: ViewDependencies): VirtualWorkspace {
  return {
    name: lifecycle.service,
    resolve(_http, rest): Endpoint | undefined {
      const parsed = parseViewPath(rest, 1);
      const id = parsed && parseId(parsed.segments[0]!);
      if (!parsed || !id) return undefined;
      const gate = new Gate(lifecycle, deps, id);
      const surfaces = () => (parsed.cluster === allClusters ? gate.waitingClusters() : gate.oneCluster(parsed.cluster));
      return {
        cluster: parsed.cluster,
        path: parsed.path,
        surfaces,
        authorize: (attributes) => gate.authorize(attributes),
        admission: [statusAdmission(lifecycle, id.text)],
        actAs: (user) => gate.actingUser ?? user,
        virtual: true,
      };
    },
  };
}

interface LifecycleId {
  text: string;
  cluster: string;
  type: string;
}

/** `<type's cluster>:<type>`; without a type when malformed. */
function parseId(text: string): LifecycleId {
  const colon = text.lastIndexOf(":");
  if (colon <= 0 || colon === text.length - 1) return { text, cluster: "", type: "" };
  return { text, cluster: text.slice(0, colon), type: text.slice(colon + 1) };
}

/** Decides one request, and remembers as whom it goes on. */
class Gate {
  actingUser: User | undefined;
  readonly #lifecycle: Lifecycle;
  readonly #deps: ViewDependencies;
  readonly #id: LifecycleId;

  constructor(lifecycle: Lifecycle, deps: ViewDependencies, id: LifecycleId) {
    this.#lifecycle = lifecycle;
    this.#deps = deps;
    this.#id = id;
  }

  async authorize({ user, target }: AuthorizationAttributes): Promise<Decision> {
    const masters = user.groups.includes(mastersGroup);
    if (!masters) {
      if (!this.#id.type) return deny(`not a ${this.#lifecycle.noun}`); // only masters may look at what nothing waits for
      const { decision, reason } = await this.#deps.authorize({ user, target: this.#typeTarget(target.path) });
      if (decision !== "allow") return deny(reason);
    }
    if (target.cluster === allClusters || isLogicalCluster(target)) return allow(`may ${this.#lifecycle.verb} ${this.#id.text}`);
    if (target.kind === "nonResource" && this.#lifecycle.ownDiscovery) return allow("discovery");
    return this.#authorizeContent({ user, target });
  }

  /** Inside a cluster: as long as it waits, as far as the type's rules go, else as its owner. */
  async #authorizeContent({ user, target }: AuthorizationAttributes): Promise<Decision> {
    const { noun, verb } = this.#lifecycle;
    const cluster = await this.#read<LogicalCluster>(target.cluster, coreGroup, "logicalclusters", target.cluster, "cluster");
    if (!cluster || !this.#lifecycle.isOpen(cluster, this.#id.text))
      throw new TextAnswer(403, `${noun} ${JSON.stringify(this.#id.text)} cannot access this workspace\n`);
    const type = await this.#read<WorkspaceType>(this.#id.cluster, tenancyGroup, "workspacetypes", this.#id.cluster, this.#id.type);
    if (!type) throw new TextAnswer(503, `workspace type of ${noun} ${JSON.stringify(this.#id.text)} is not available\n`);
    const rules = this.#lifecycle.permissions(type);
    if (rules.length > 0) {
      if (!rules.some((rule) => ruleAllows(rule, target)))
        throw new TextAnswer(
          403,
          `${noun} ${JSON.stringify(this.#id.text)} denied by ${verb === "initialize" ? "initializer" : "terminator"}Permissions: ${describe(target)}\n`,
        );
      this.actingUser = { ...user, groups: [...user.groups, this.#lifecycle.group(this.#id.text)] };
      return allow(`${noun}Permissions`);
    }
    const owner = cluster.spec.createdBy;
    if (!owner?.username) throw new TextAnswer(500, `the owner of logical cluster ${JSON.stringify(target.cluster)} is not known\n`);
    this.actingUser = { name: owner.username, uid: owner.uid ?? "", groups: owner.groups ?? [], extra: owner.extra ?? {} };
    return this.#deps.authorize({ user: this.actingUser, target });
  }

  #typeTarget(path: string): ResourceTarget {
    return {
      kind: "resource",
      verb: this.#lifecycle.verb as Verb,
      cluster: this.#id.cluster,
      group: tenancyGroup,
      version: "v1alpha1",
      resource: "workspacetypes",
      identity: undefined,
      namespace: "",
      name: this.#id.type,
      subresource: "",
      path,
    };
  }

  /** the wildcard: what waits for this id, to read */
  async waitingClusters(): Promise<Surface> {
    const definition = await this.#definition(allClusters, coreGroup, "logicalclusters");
    return surfaceOf(
      `${this.#lifecycle.service}/${this.#id.text}/*`,
      definition ? [this.#shown(definition, ["get", "list", "watch"], false)] : [],
    );
  }

  async oneCluster(cluster: string): Promise<Surface> {
    const own = await this.#deps.surfaces(cluster);
    const shown = own.definitions
      .filter((d) => d.group === coreGroup && d.resource === "logicalclusters")
      .map((d) => this.#shown(d, ["get"], true));
    const key = `${this.#lifecycle.service}/${this.#id.text}/${own.key}`;
    return surfaceOf(key, [...shown, ...own.definitions.filter((d) => !(d.group === coreGroup && d.resource === "logicalclusters"))]);
  }

  #shown(definition: ResourceDefinition, verbs: Verb[], withStatus: boolean): ResourceDefinition {
    const status = definition.subresources.status;
    return deriveDefinition(definition, {
      verbs,
      restriction: this.#lifecycle.selector(this.#id.text),
      ...(this.#lifecycle.onlyDeleting ? { onlyDeleting: true } : {}),
      // the wildcard names the status without any verb
      subresources: status ? { status: withStatus ? status : { ...status, verbs: [] } } : {},
      storageVersionHash: "l84hS/aun10=", // of LogicalCluster without a cluster
    });
  }

  async #definition(cluster: string, group: string, resource: string): Promise<ResourceDefinition | undefined> {
    const surface = await this.#deps.surfaces(cluster);
    return surface.lookup(group, "v1alpha1", resource);
  }

  async #read<T extends LogicalCluster | WorkspaceType>(
    surfaceCluster: string,
    group: string,
    resource: string,
    cluster: string,
    name: string,
  ): Promise<T | undefined> {
    try {
      const definition = await this.#definition(surfaceCluster, group, resource);
      return definition && (await readStored<T>(this.#deps.store, definition, cluster, name));
    } catch (error) {
      if (hasReason(error, "NotFound")) return undefined;
      throw error;
    }
  }
}

const isLogicalCluster = (target: AuthorizationAttributes["target"]): boolean =>
  target.kind === "resource" && target.group === coreGroup && target.resource === "logicalclusters";

const describe = (target: AuthorizationAttributes["target"]): string =>
  target.kind === "resource"
    ? `${target.verb} ${target.resource}${target.group ? `.${target.group}` : ""}`
    : `${target.verb} ${target.path}`;
