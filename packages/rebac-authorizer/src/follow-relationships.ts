import type { ApiServer } from "@meshplane/apiserver";
import type { EmbeddedOpenFga, OpenFga } from "@meshplane/rebac";
import type { AccountDirectory } from "./account-directory.ts";
import { relationshipsGround } from "./relationship-authorizer.ts";

export interface FollowOptions {
  fga: OpenFga;
  directory: AccountDirectory;
  server: Pick<ApiServer, "recheckWatches" | "clustersWatchedOn">;
  onError: (error: unknown) => void;
  /** how long changes are gathered; default 100 */
  gatherMs?: number;
  /** how often a remote engine is asked for changes; default 500 */
  pollMs?: number;
  clock?: () => number;
}

export interface FollowedRelationships {
  /** an organization's store has another id now, or none: nothing is decided by the old one from here on */
  storeChanged(organization: string): void;
  stop(): void;
}

/**
 * Watches that were opened by a relationship end when it is gone. The embedded engine tells of each change; a remote one is asked for its change log while
 * such watches are open.
 */
export function followRelationships(options: FollowOptions): FollowedRelationships {
  const { fga, directory, server, gatherMs = 100 } = options;
  const changed = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  const stopFollowing = isEmbedded(fga)
    ? fga.onChange("all", ({ storeId }) => {
        const organization = directory.organizationOf(storeId);
        if (organization !== undefined) tell(organization);
      })
    : pollChanges(options, tell);

  return {
    storeChanged(organization) {
      directory.forgetStore(organization);
      tell(organization);
    },
    stop() {
      stopFollowing();
      clearTimeout(gathering);
    },
  };

  function tell(organization: string): void {
    changed.add(organization);
    gathering ??= setTimeout(recheck, gatherMs).unref();
  }

  function recheck(): void {
    gathering = undefined;
    const organizations = new Set(changed);
    changed.clear();
    server.recheckWatches(relationshipsGround, (cluster) => {
      const account = directory.known(cluster);
      // a place that is not at hand may be one of theirs: root:orgs is no account's, for one
      return !account || organizations.has(account.organization);
    });
  }
}

const isEmbedded = (fga: OpenFga): fga is EmbeddedOpenFga => "onChange" in fga && typeof fga.onChange === "function";

/** clocks of two machines differ by less */
const clockSkewMs = 10 * 60_000;
/** for so long an engine that does not answer is believed to answer again */
const patienceMs = 5_000;

interface Followed {
  storeId: string;
  token: string;
  modelId: string;
  failingSince: number | undefined;
}

function pollChanges(
  { fga, directory, server, onError, pollMs = 500, clock = Date.now }: FollowOptions,
  tell: (organization: string) => void,
): () => void {
  const followed = new Map<string, Followed>();
  let polling = false;
  const timer = setInterval(() => {
    if (polling) return;
    polling = true;
    void pollAll().finally(() => (polling = false));
  }, pollMs).unref();
  return () => clearInterval(timer);

  async function pollAll(): Promise<void> {
    const clusters = server.clustersWatchedOn(relationshipsGround);
    const organizations = new Set<string>();
    for (const cluster of clusters) {
      const account = directory.known(cluster);
      if (account) organizations.add(account.organization);
      else for (const [organization] of directory.stores()) organizations.add(organization);
    }
    for (const organization of followed.keys()) if (!organizations.has(organization)) followed.delete(organization);
    await Promise.all([...organizations].map((organization) => poll(organization)));
  }

  async function poll(organization: string): Promise<void> {
    const state = followed.get(organization);
    try {
      const storeId = await directory.storeOf(organization);
      if (!storeId) return tell(organization);
      const next = await changesOf(storeId, state?.storeId === storeId ? state : undefined);
      followed.set(organization, { ...next, storeId, failingSince: undefined });
      // what happened between a watch's beginning and the first look is not known
      if (next.changed || state?.storeId !== storeId) tell(organization);
    } catch (error) {
      onError(error);
      const failingSince = state?.failingSince ?? clock();
      if (state) followed.set(organization, { ...state, failingSince });
      else followed.set(organization, { storeId: "", token: "", modelId: "", failingSince });
      if (clock() - failingSince < patienceMs) return;
      directory.forgetStore(organization);
      tell(organization);
    }
  }

  async function changesOf(storeId: string, state: Followed | undefined): Promise<{ token: string; modelId: string; changed: boolean }> {
    const models = await fga.readAuthorizationModels({ storeId, pageSize: 1 });
    const modelId = models.authorizationModels[0]?.id ?? "";
    let token = state?.token ?? "";
    let changed = state !== undefined && state.modelId !== modelId;
    for (;;) {
      const from = token === "" ? { startTime: new Date(clock() - clockSkewMs).toISOString() } : { continuationToken: token };
      const page = await fga.readChanges({ storeId, pageSize: 100, ...from });
      if (page.changes.length > 0) changed = true;
      const stays = page.continuationToken === token;
      token = page.continuationToken;
      if (page.changes.length < 100 || stays) return { token, modelId, changed };
    }
  }
}
