import { found } from "@meshplane/client";
import { platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { storeResource } from "../context.ts";
import type { Workspaces } from "../workspaces.ts";

/** Store ids by organization, as the Stores' status has them. */
export class StoreIds {
  readonly #workspaces: Workspaces;

  constructor(workspaces: Workspaces) {
    this.#workspaces = workspaces;
  }

  /** undefined while there is none */
  async of(organization: string): Promise<string | undefined> {
    const stores = this.#workspaces.core(platformMeshPaths.organizations, storeResource);
    const store = stores && (await found(stores.get(organization)));
    return store?.status?.storeId;
  }
}
