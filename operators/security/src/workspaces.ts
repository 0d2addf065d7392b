import type { KubeObject } from "@meshplane/apimachinery";
import type { ClusterClient, ResourceClient, ResourceType } from "@meshplane/client";
import { typed } from "@meshplane/client";
import { UnknownClusterError, type Provider } from "@meshplane/multicluster-provider";
import { platformMeshPaths } from "@meshplane/apis/platform-mesh";
import { identityProviderResource } from "./context.ts";

/** The ways to the workspaces' objects: what each export's virtual workspace reaches, and the organizations' workspace itself. */
export class Workspaces {
  readonly #core: Provider;
  readonly #system: Provider;
  readonly #organizations: ClusterClient;

  constructor(parts: { core: Provider; system: Provider; organizations: ClusterClient }) {
    this.#core = parts.core;
    this.#system = parts.system;
    this.#organizations = parts.organizations;
  }

  /** undefined while the core export does not reach that workspace. @param cluster name or path */
  core<T extends KubeObject>(cluster: string, type: ResourceType<T>): ResourceClient<T> | undefined {
    try {
      return typed(this.#core.client.cluster(cluster), type);
    } catch (error) {
      if (error instanceof UnknownClusterError) return undefined;
      throw error;
    }
  }

  /** @throws UnknownClusterError before the bootstrap is done */
  identityProviders(workspace: string = platformMeshPaths.organizations) {
    return typed(this.#system.client.cluster(workspace), identityProviderResource);
  }

  /** kinds of `root:orgs` that no export claims */
  organizations<T extends KubeObject>(type: ResourceType<T>): ResourceClient<T> {
    return typed(this.#organizations, type);
  }

  pathOf(cluster: string): string | undefined {
    return this.#core.engaged(cluster)?.path;
  }

  clusterOf(path: string): string | undefined {
    return this.#core.engaged(path)?.name;
  }
}
