import type { GroupVersionResource, KubeObject } from "@meshplane/apimachinery";
import { Informer, type InformerOptions } from "./informer.ts";
import type { ClusterClient } from "./object-client.ts";

/** One informer for each resource of one ClusterClient, made when it is first asked for: all who ask share its watch. */
export class Informers {
  readonly #cluster: ClusterClient;
  readonly #defaults: Partial<InformerOptions<KubeObject>>;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  #started = false;

  constructor(cluster: ClusterClient, defaults: Omit<Partial<InformerOptions<KubeObject>>, "resource"> = {}) {
    this.#cluster = cluster;
    this.#defaults = defaults;
  }

  get<T extends KubeObject = KubeObject>({ group, version, resource }: GroupVersionResource): Informer<T> {
    const key = `${group}/${version}/${resource}`;
    let informer = this.#informers.get(key);
    if (!informer) {
      informer = new Informer<KubeObject>({
        ...this.#defaults,
        resource: this.#cluster.resource({ group, version, resource }),
      });
      this.#informers.set(key, informer);
      // stop() makes it reject, which is nobody's failure
      if (this.#started) void informer.start().catch(() => {});
    }
    return informer as unknown as Informer<T>;
  }

  all(): Iterable<Informer<KubeObject>> {
    return this.#informers.values();
  }

  /** Starts all, also those to come. Resolves when those of now are complete. */
  async start(): Promise<void> {
    this.#started = true;
    await Promise.all([...this.#informers.values()].map((informer) => informer.start()));
  }

  async stop(): Promise<void> {
    this.#started = false;
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}
