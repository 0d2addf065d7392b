import { formatGroupResource, type GroupResource, type GroupVersionResource, type KubeObject } from "@meshplane/apimachinery";
import {
  configFor,
  createClient,
  findResource,
  Informers,
  type ClientConfig,
  type HttpMultiClusterClient,
  type Informer,
} from "@meshplane/client";

export interface EndpointOptions {
  /** how to reach the server that published the URL; only the URL differs */
  config: ClientConfig;
  url: string;
  /** what shows which clusters are there */
  members: GroupVersionResource;
  onMember: (member: KubeObject, gone: boolean) => void;
  onError: (error: unknown) => void;
  /** first and longest wait of watches and discovery after a failure */
  backOffMinMs?: number | undefined;
  backOffMaxMs?: number | undefined;
}

/** One URL of a virtual workspace: a wildcard watch for each resource, shared by all controllers. */
export class Endpoint {
  readonly url: string;
  readonly client: HttpMultiClusterClient;
  readonly #options: EndpointOptions;
  readonly #informers: Informers;
  readonly #members: Informer;
  readonly #byResource = new Map<string, Promise<Informer>>();
  readonly #found = new Map<string, Informer>();
  readonly #stop = new AbortController();

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.url = options.url;
    this.client = createClient(configFor(options.config, options.url));
    this.#informers = new Informers(this.client.cluster("*"), {
      onError: options.onError,
      ...(options.backOffMinMs === undefined ? {} : { backOffMinMs: options.backOffMinMs }),
      ...(options.backOffMaxMs === undefined ? {} : { backOffMaxMs: options.backOffMaxMs }),
    });
    this.#members = this.#informers.get(options.members);
    this.#members.addHandler({
      added: (member) => options.onMember(member, false),
      updated: (member) => options.onMember(member, false),
      deleted: (member) => options.onMember(member, true),
    });
  }

  /** Resolves when the members are known. */
  start(): Promise<void> {
    return this.#informers.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#informers.stop();
    this.client.close();
  }

  /** members of the informer's present knowledge, for whoever comes late */
  members(): KubeObject[] {
    return this.#members.lister.list();
  }

  /** The informer of a resource, once discovery shows it: a URL may be published before everything behind it is ready. */
  informer(resource: GroupResource): Promise<Informer> {
    const key = formatGroupResource(resource);
    let informer = this.#byResource.get(key);
    if (!informer) {
      informer = this.#find(resource).then((found) => {
        const made = this.#informers.get(found);
        this.#found.set(key, made);
        return made;
      });
      // it fails only when we stop
      informer.catch(() => {});
      this.#byResource.set(key, informer);
    }
    return informer;
  }

  /** undefined while discovery does not show the resource */
  known(resource: GroupResource): Informer | undefined {
    return this.#found.get(formatGroupResource(resource));
  }

  async #find(resource: GroupResource): Promise<GroupVersionResource> {
    const { members, onError, backOffMinMs = 500, backOffMaxMs = 10_000 } = this.#options;
    if (resource.group === members.group && resource.resource === members.resource) return members;
    for (let failures = 0; ; failures++) {
      try {
        const found = await findResource(this.client.cluster("*"), resource);
        if (found) return found;
        if (failures === 3) onError(new Error(`${formatGroupResource(resource)} is not served at ${this.url} (yet)`));
      } catch (error) {
        if (!this.#stop.signal.aborted) onError(error);
      }
      await pause(Math.min(backOffMaxMs, backOffMinMs * 2 ** Math.min(failures, 20)), this.#stop.signal);
    }
  }
}

/** @throws the signal's reason */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
