import type { LogicalCluster } from "@meshplane/apis";
import { isAccountPath, organizationOfPath, pathOf } from "../context.ts";

const keptMs = 30_000;

/** The account that each organization got last: an engine that is restored from an older copy has forgotten that one, if any. Looks at all of them, twice a minute. */
export class NewestAccounts {
  readonly #list: () => readonly LogicalCluster[];
  readonly #clock: () => number;
  #newest = new Map<string, LogicalCluster>();
  #lookedAt = -Infinity;

  constructor(list: () => readonly LogicalCluster[], clock: () => number = () => performance.now()) {
    this.#list = list;
    this.#clock = clock;
  }

  of(organization: string): LogicalCluster | undefined {
    if (this.#clock() - this.#lookedAt > keptMs) {
      this.#newest = new Map();
      for (const one of this.#list()) this.#see(one);
      this.#lookedAt = this.#clock();
    }
    return this.#newest.get(organization);
  }

  #see(one: LogicalCluster): void {
    const path = pathOf(one) ?? "";
    if (!isAccountPath(path) || one.status?.phase !== "Ready" || one.metadata.deletionTimestamp) return;
    const organization = organizationOfPath(path)!;
    const known = this.#newest.get(organization);
    if (!known || createdAt(one) > createdAt(known)) this.#newest.set(organization, one);
  }
}

const createdAt = ({ metadata }: LogicalCluster): string => metadata.creationTimestamp ?? "";
