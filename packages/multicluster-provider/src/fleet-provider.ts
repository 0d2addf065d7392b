import { formatGroupResource, type GroupResource, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import {
  clusterOf,
  createClient,
  Informer,
  type CacheKey,
  type ClientConfig,
  type HttpClusterClient,
  type HttpMultiClusterClient,
  type Lister,
} from "@meshplane/client";
import { changeOf, type Change, type KeySource, type SubscribeOptions } from "@meshplane/controller-runtime";
import { Endpoint } from "./endpoint.ts";
import { UnknownClusterError, type ClusterListener, type EngagedCluster, type Provider } from "./provider.ts";

export interface FleetProviderOptions {
  /** the provider's own workspace */
  config: ClientConfig;
  /** the object that lists the URLs */
  endpoints: { resource: GroupVersionResource; kind: string; name: string; urls: (object: KubeObject) => string[] };
  /** the objects that show who is there: a cluster is engaged with its first ready one, and let go with its last */
  members: {
    resource: GroupVersionResource;
    /** whether the endpoint is shown it for its own sake; all by default */
    belongs?: (object: KubeObject, url: string) => boolean;
    ready: (object: KubeObject) => boolean;
    /** it is still listed, but no longer ours */
    left?: (object: KubeObject, url: string) => boolean;
  };
  /** what controllers may watch; everything by default */
  watchable?: (resource: GroupResource) => boolean;
  /** failures of watches and discovery; all are tried again */
  onError?: ((error: unknown) => void) | undefined;
  backOffMinMs?: number | undefined;
  backOffMaxMs?: number | undefined;
}

interface Engaged extends EngagedCluster {
  endpoint: Endpoint;
  /** names of the ready members */
  members: Set<string>;
}

interface Subscription {
  resource: GroupResource;
  onChange: (change: Change) => void;
  options: SubscribeOptions | undefined;
}

const pathAnnotation = "kcp.io/path";
/** An endpoint that cannot be reached must not keep the others from starting. */
const startPatienceMs = 10_000;

/** Follows a list of URLs and, behind each, one wildcard watch per resource: memory and connections do not grow with the consumers. */
export class FleetProvider implements Provider {
  readonly client: { cluster(cluster: string): HttpClusterClient };
  readonly source: KeySource;
  readonly #options: FleetProviderOptions;
  readonly #home: HttpMultiClusterClient;
  readonly #list: Informer;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #engaged = new Map<string, Engaged>();
  readonly #names = new Map<string, string>();
  readonly #subscriptions: Subscription[] = [];
  readonly #listeners = new Set<ClusterListener>();
  readonly #starting = new Set<Promise<void>>();
  #lastError: unknown;
  #stopped = false;

  constructor(options: FleetProviderOptions) {
    this.#options = options;
    const { config, endpoints, backOffMinMs, backOffMaxMs } = options;
    this.#home = createClient(config);
    this.#list = new Informer({
      resource: this.#home.cluster("").resource(endpoints.resource),
      fieldSelector: `metadata.name=${endpoints.name}`,
      onError: this.#onError,
      ...(backOffMinMs === undefined ? {} : { backOffMinMs }),
      ...(backOffMaxMs === undefined ? {} : { backOffMaxMs }),
    });
    this.#list.addHandler({
      added: (object) => this.#follow(endpoints.urls(object)),
      updated: (object) => this.#follow(endpoints.urls(object)),
      deleted: () => this.#follow([]),
    });
    this.client = { cluster: (cluster) => this.#clientOf(cluster) };
    this.source = {
      subscribe: (resource, onChange, subscribeOptions) => this.#subscribe({ resource, onChange, options: subscribeOptions }),
      start: () => this.start(),
      stop: () => void this.stop(),
    };
  }

  async start(): Promise<void> {
    await this.#list.start();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, startPatienceMs)));
    await Promise.race([Promise.all(this.#starting), patience]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#list.stop();
    this.#home.close();
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.stop()));
  }

  clusters(): EngagedCluster[] {
    return [...this.#engaged.values()].map(({ name, path }) => ({ name, path }));
  }

  engaged(cluster: string): EngagedCluster | undefined {
    const found = this.#engaged.get(this.#names.get(cluster) ?? cluster);
    return found && { name: found.name, path: found.path };
  }

  onChange(listener: ClusterListener): () => void {
    this.#listeners.add(listener);
    for (const cluster of this.clusters()) listener.engaged?.(cluster);
    return () => this.#listeners.delete(listener);
  }

  lister<T extends KubeObject>(resource: GroupResource): Lister<T> {
    const listers = (): Lister<T>[] =>
      [...this.#endpoints.values()].flatMap((endpoint) => {
        const informer = endpoint.known(resource);
        return informer ? [informer.lister as unknown as Lister<T>] : [];
      });
    const ofCluster = (cluster: string | undefined): Lister<T>[] => {
      if (cluster === undefined) return listers();
      const informer = this.#engaged.get(cluster)?.endpoint.known(resource);
      return informer ? [informer.lister as unknown as Lister<T>] : [];
    };
    return {
      get: (key: CacheKey) => ofCluster(key.cluster ?? "")[0]?.get(key),
      list: (selection) =>
        ofCluster(selection?.cluster)
          .flatMap((lister) => lister.list(selection))
          .filter((object) => this.#engaged.has(clusterOf(object))),
      byIndex: (index, value) => listers().flatMap((lister) => lister.byIndex(index, value)),
      get size() {
        return listers().reduce((sum, lister) => sum + lister.size, 0);
      },
    };
  }

  describe(): string {
    const { kind, name } = this.#options.endpoints;
    const why = this.#lastError ? ` (last failure: ${String(this.#lastError)})` : "";
    if (!this.#list.hasSynced) return `${kind} "${name}" cannot be read${why}`;
    if (this.#list.lister.size === 0) return `nothing: there is no ${kind} "${name}" in ${this.#home.cluster("").url}`;
    if (this.#endpoints.size === 0) return `nothing: ${kind} "${name}" has no endpoints, so there is no consumer yet`;
    if (this.#engaged.size === 0) return `nothing: ${plural(this.#endpoints.size, "endpoint")}, but no cluster is ready there${why}`;
    const resources = new Set(this.#subscriptions.map(({ resource }) => formatGroupResource(resource)));
    const counts = [...resources].map((text) => {
      const { resource } = this.#subscriptions.find((candidate) => formatGroupResource(candidate.resource) === text)!;
      return `${this.lister(resource).list().length} ${text}`;
    });
    return [plural(this.#engaged.size, "workspace"), plural(this.#endpoints.size, "endpoint"), ...counts].join(", ");
  }

  /** Brings the endpoints in line with the URLs. */
  #follow(urls: string[]): void {
    if (this.#stopped) return;
    const wanted = new Set(urls.map((url) => url.replace(/\/+$/, "")));
    for (const [url, endpoint] of this.#endpoints) {
      if (wanted.has(url)) continue;
      this.#endpoints.delete(url);
      for (const cluster of this.#engaged.values()) if (cluster.endpoint === endpoint) this.#disengage(cluster);
      void endpoint.stop();
    }
    for (const url of wanted) if (!this.#endpoints.has(url)) this.#add(url);
  }

  #add(url: string): void {
    const { config, members, backOffMinMs, backOffMaxMs } = this.#options;
    const endpoint: Endpoint = new Endpoint({
      config,
      url,
      members: members.resource,
      onMember: (member, gone) => this.#onMember(endpoint, member, gone),
      onError: this.#onError,
      backOffMinMs,
      backOffMaxMs,
    });
    this.#endpoints.set(url, endpoint);
    const attached = this.#subscriptions.map((subscription) => this.#attach(endpoint, subscription));
    // stopping makes it reject, which is nobody's failure
    const started = Promise.all([endpoint.start(), ...attached]).then(
      () => {},
      () => {},
    );
    this.#starting.add(started);
    void started.then(() => this.#starting.delete(started));
  }

  #onMember(endpoint: Endpoint, member: KubeObject, gone: boolean): void {
    if (this.#options.members.belongs?.(member, endpoint.url) === false) return;
    const cluster = clusterOf(member);
    const { name = "", annotations } = member.metadata;
    let engaged = this.#engaged.get(cluster);
    if (gone || this.#options.members.left?.(member, endpoint.url)) {
      if (engaged?.endpoint !== endpoint) return;
      engaged.members.delete(name);
      if (engaged.members.size === 0) this.#disengage(engaged);
      return;
    }
    const isNew = !engaged;
    if (!engaged) {
      if (!this.#options.members.ready(member)) return;
      engaged = { name: cluster, path: undefined, endpoint, members: new Set() };
      this.#engaged.set(cluster, engaged);
    }
    // Once engaged it stays so, ready or not, as long as the object exists: work in progress must be able to end.
    engaged.members.add(name);
    const path = annotations && Object.hasOwn(annotations, pathAnnotation) ? annotations[pathAnnotation] : undefined;
    if (path && path !== engaged.path) {
      if (engaged.path) this.#names.delete(engaged.path);
      engaged.path = path;
      this.#names.set(path, cluster);
    }
    if (isNew) this.#engage(engaged);
  }

  #engage({ name, path, endpoint }: Engaged): void {
    for (const listener of this.#listeners) listener.engaged?.({ name, path });
    for (const { resource, onChange, options } of this.#subscriptions) {
      if (options?.initial === "none") continue;
      for (const object of endpoint.known(resource)?.lister.list({ cluster: name }) ?? []) {
        onChange(changeOf(resource, object, undefined));
      }
    }
  }

  #disengage({ name, path }: Engaged): void {
    this.#engaged.delete(name);
    if (path && this.#names.get(path) === name) this.#names.delete(path);
    for (const listener of this.#listeners) listener.disengaged?.({ name, path });
  }

  #subscribe(subscription: Subscription): void {
    const { resource } = subscription;
    if (this.#options.watchable && !this.#options.watchable(resource)) {
      throw new TypeError(`${formatGroupResource(resource)} cannot be watched over all workspaces here; read it by the client`);
    }
    this.#subscriptions.push(subscription);
    for (const endpoint of this.#endpoints.values()) void this.#attach(endpoint, subscription);
  }

  /** Resolves when the endpoint's objects of this resource are known. */
  async #attach(endpoint: Endpoint, { resource, onChange, options }: Subscription): Promise<void> {
    const informer = await endpoint.informer(resource).catch(() => undefined);
    if (!informer) return;
    const tell = (change: Change) => {
      if (this.#engaged.get(change.key.cluster)?.endpoint === endpoint) onChange(change);
    };
    informer.addHandler({
      added(object, initial) {
        if (!initial || options?.initial !== "none") tell(changeOf(resource, object, undefined));
      },
      updated: (object, old) => tell(changeOf(resource, object, old)),
      deleted: (object) => tell(changeOf(resource, undefined, object)),
    });
    await informer.start().catch(() => {});
  }

  #clientOf(cluster: string): HttpClusterClient {
    const engaged = this.#engaged.get(this.#names.get(cluster) ?? cluster);
    if (!engaged) throw new UnknownClusterError(cluster);
    return engaged.endpoint.client.cluster(engaged.name);
  }

  readonly #onError = (error: unknown): void => {
    if (this.#stopped) return;
    this.#lastError = error;
    this.#options.onError?.(error);
  };
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
