import { organizationsStoreName, platformMeshPaths } from "@meshplane/apis/platform-mesh";

/** Which account a logical cluster is the workspace of. @see spec platform-mesh/authz-webhook §4 */
export interface AccountEntry {
  organization: string;
  /** the account's name: the last part of the path */
  account: string;
  /** logical cluster that holds the Account */
  originCluster: string;
}

/** What its LogicalCluster tells. */
export interface LogicalClusterFacts {
  /** annotation `kcp.io/path`; empty, or the cluster's name, while there is none */
  path: string;
  /** `spec.owner.cluster` */
  ownerCluster: string | undefined;
}

export interface AccountDirectoryOptions {
  /** undefined when there is none */
  readLogicalCluster(cluster: string): Promise<LogicalClusterFacts | undefined>;
  /** `status.storeId` of the organization's Store; undefined while it has none */
  readStoreId(organization: string): Promise<string | undefined>;
  /** most clusters that are remembered */
  max?: number;
}

const below = `${platformMeshPaths.organizations}:`;

/**
 * Clusters are looked up once: the path and the owner of a logical cluster never change, and its name is never used again. Store ids are forgotten by whoever
 * hears that they changed.
 */
export class AccountDirectory {
  readonly #options: AccountDirectoryOptions;
  readonly #max: number;
  /** null: it is no account's workspace */
  readonly #entries = new Map<string, AccountEntry | null>();
  readonly #stores = new Map<string, string>();
  /** how often something was forgotten */
  #forgotten = 0;
  readonly #reading = new Map<string, Promise<unknown>>();

  constructor(options: AccountDirectoryOptions) {
    this.#options = options;
    this.#max = options.max ?? 100_000;
  }

  /** undefined: no account's workspace, or unknown */
  of(cluster: string): AccountEntry | undefined | Promise<AccountEntry | undefined> {
    const known = this.#entries.get(cluster);
    if (known !== undefined) return known ?? undefined;
    return this.#once(`cluster ${cluster}`, () => this.#readCluster(cluster));
  }

  /** what is at hand: null for no account's workspace, undefined when it is not known, or no longer */
  known(cluster: string): AccountEntry | null | undefined {
    return this.#entries.get(cluster);
  }

  storeOf(organization: string): string | undefined | Promise<string | undefined> {
    const known = this.#stores.get(organization);
    if (known !== undefined) return known;
    return this.#once(`store ${organization}`, async () => {
      const before = this.#forgotten;
      const id = await this.#options.readStoreId(organization);
      // what was read while a store changed is good for this question, and not kept
      if (id && this.#forgotten === before) this.#stores.set(organization, id);
      return id || undefined;
    });
  }

  /** organizations whose store has been asked about, with its id */
  stores(): IterableIterator<[organization: string, storeId: string]> {
    return this.#stores.entries();
  }

  /** The organization's store has another id now, or none. */
  forgetStore(organization: string): void {
    this.#forgotten++;
    this.#stores.delete(organization);
    // whoever reads it now may have read the old one
    this.#reading.delete(`store ${organization}`);
  }

  /** organization of a store that was asked about; undefined when none was */
  organizationOf(storeId: string): string | undefined {
    for (const [organization, id] of this.#stores) if (id === storeId) return organization;
    return undefined;
  }

  async #readCluster(cluster: string): Promise<AccountEntry | undefined> {
    const facts = await this.#options.readLogicalCluster(cluster);
    if (!facts) return undefined;
    const entry = entryOf(facts);
    // an owner that is not there yet comes with the workspace's next step
    if (entry || (isWholePath(facts.path) && !facts.path.startsWith(below))) {
      if (this.#entries.size >= this.#max) this.#entries.delete(this.#entries.keys().next().value!);
      this.#entries.set(cluster, entry ?? null);
    }
    return entry;
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const running = this.#reading.get(key) as Promise<T> | undefined;
    if (running) return running;
    const promise = read().finally(() => {
      if (this.#reading.get(key) === promise) this.#reading.delete(key);
    });
    this.#reading.set(key, promise);
    return promise;
  }
}

/** A logical cluster that begins has no path for a moment, or its own name for one. */
const isWholePath = (path: string): boolean => path === "root" || path.includes(":");

function entryOf({ path, ownerCluster }: LogicalClusterFacts): AccountEntry | undefined {
  if (!path.startsWith(below) || !ownerCluster) return undefined;
  const parts = path.slice(below.length).split(":");
  // the store of this name says who may found organizations
  if (parts[0] === organizationsStoreName) return undefined;
  return { organization: parts[0]!, account: parts.at(-1)!, originCluster: ownerCluster };
}
