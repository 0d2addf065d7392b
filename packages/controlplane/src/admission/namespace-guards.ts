import { forbidden, notFound } from "@meshplane/apimachinery";
import type { AdmissionPlugin, ResourceDefinition } from "@meshplane/apiserver";
import type { Guard, Store } from "@meshplane/storage";
import { namespaceKey } from "../controllers/namespace-defaults.ts";

const namespaces = { group: "", resource: "namespaces" };
const none: Guard[] = [];

/**
 * For `ServerOptions.createGuards`: the namespace of a new object exists and is not being deleted, in the very moment of the commit (wire 60).
 * @throws StatusError 404, 403
 */
export const namespaceGuards =
  (store: Store) =>
  async (definition: ResourceDefinition, cluster: string, namespace: string, _context?: unknown, name = ""): Promise<Guard[]> => {
    if (!definition.namespaced || definition.computed) return none;
    const key = namespaceKey(cluster, namespace);
    const record = await store.get(key);
    if (!record) throw notFound(namespaces, namespace);
    if (record.header.deleting) {
      throw forbidden(
        { group: definition.group, resource: definition.resource },
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
        [
          {
            reason: "NamespaceTerminating",
            message: `namespace ${namespace} is being terminated`,
            field: "metadata.namespace",
          },
        ],
      );
    }
    return [{ key, revision: record.revision }];
  };

export interface ImmortalNamespacesOptions {
  names?: readonly string[];
  /** a logical cluster that is going takes them along */
  mayDelete?: (cluster: string) => boolean;
}

/** `default` and `kube-system` stay. */
export function immortalNamespaces(options: ImmortalNamespacesOptions = {}): AdmissionPlugin {
  const names = new Set(options.names ?? ["default", "kube-system", "kube-public"]);
  return {
    name: "NamespaceLifecycle",
    handles: ({ operation, definition, name }) =>
      operation === "DELETE" && definition.group === "" && definition.resource === "namespaces" && names.has(name),
    validate({ cluster, name }) {
      if (options.mayDelete?.(cluster)) return;
      throw forbidden(namespaces, name, "this namespace may not be deleted");
    },
  };
}
