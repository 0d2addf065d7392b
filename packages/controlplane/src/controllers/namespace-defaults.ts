import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { Change, ControllerOptions, ObjectKey } from "@meshplane/controller-runtime";
import { builtInIdentity, encodeKey } from "@meshplane/storage";
import { coreKey } from "../authentication/service-account-tokens.ts";
import { internalUser } from "../local/local-client.ts";
import { bodyIncludes, objectOf, type FeedChange } from "../local/feed-key-source.ts";
import type { ControllerDependencies } from "./dependencies.ts";

const accountName = "default";
const rootCaName = "kube-root-ca.crt";
const rootCaKey = "ca.crt";
const describeAnnotation = "kubernetes.io/description";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

const user = internalUser("system:serviceaccount:kube-system:service-account-controller");

export const namespaceKey = (cluster: string, name: string): string =>
  encodeKey({ group: "", resource: "namespaces", identity: builtInIdentity, cluster, namespace: "", name });

/** Every namespace has a ServiceAccount `default` and a ConfigMap `kube-root-ca.crt`, and gets them back when they are lost (wire 60). */
export function namespaceDefaults({ store, local, rootCa }: ControllerDependencies): ControllerOptions {
  const namespaceOf = ({ cluster, namespace }: ObjectKey): ObjectKey => ({
    cluster,
    namespace: "",
    name: namespace,
  });
  const rightData = `"data":{${JSON.stringify(rootCaKey)}:${JSON.stringify(rootCa)}}`;
  /** as it was made here: a miss only costs a look */
  const isRight = (change: Change): boolean => {
    const { record } = change as FeedChange;
    return record !== undefined && !record.header.deleting && bodyIncludes(record.body, rightData);
  };
  return {
    name: "namespace-defaults",
    for: { group: "", resource: "namespaces" },
    filter: ({ deleted, deleting }) => !deleted && !deleting,
    watches: [
      {
        resource: { group: "", resource: "serviceaccounts" },
        keys: ({ deleted, key }) => (deleted && key.name === accountName ? [namespaceOf(key)] : []),
        initial: false,
      },
      {
        resource: { group: "", resource: "configmaps" },
        keys: (change) => (change.key.name === rootCaName && !isRight(change) ? [namespaceOf(change.key)] : []),
        initial: false,
      },
    ],
    async reconcile({ cluster, name: namespace }) {
      const found = await store.get(namespaceKey(cluster, namespace));
      if (!found || found.header.deleting) return undefined;
      await Promise.all([ensureAccount(cluster, namespace), ensureRootCa(cluster, namespace)]);
      return undefined;
    },
  };

  async function ensureAccount(cluster: string, namespace: string): Promise<void> {
    if (await store.get(coreKey("serviceaccounts", cluster, namespace, accountName))) return;
    const metadata = { name: accountName, namespace };
    await create("serviceaccounts", cluster, namespace, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  }

  async function ensureRootCa(cluster: string, namespace: string): Promise<void> {
    const record = await store.get(coreKey("configmaps", cluster, namespace, rootCaName));
    const wanted = { [rootCaKey]: rootCa };
    if (!record) {
      await create("configmaps", cluster, namespace, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: rootCaName, namespace, annotations: { [describeAnnotation]: description } },
        data: wanted,
      });
      return;
    }
    const current = objectOf(record, { apiVersion: "v1", kind: "ConfigMap" });
    const data = current["data"] as Record<string, string> | undefined;
    if (record.header.deleting || (data?.[rootCaKey] === rootCa && Object.keys(data).length === 1)) return;
    await local().object({
      verb: "update",
      user,
      cluster,
      resource: { group: "", version: "v1", resource: "configmaps" },
      namespace,
      name: rootCaName,
      object: { ...current, data: wanted },
    });
  }

  async function create(resource: string, cluster: string, namespace: string, object: KubeObject): Promise<void> {
    try {
      await local().object({
        verb: "create",
        user,
        cluster,
        resource: { group: "", version: "v1", resource },
        namespace,
        object,
      });
    } catch (error) {
      // Somebody was faster, or the namespace is going: both are fine.
      if (hasReason(error, "AlreadyExists") || isNamespaceGoing(error)) return;
      throw error;
    }
  }
}

function isNamespaceGoing(error: unknown): boolean {
  if (hasReason(error, "NotFound")) return error.status.details?.kind === "namespaces";
  if (!hasReason(error, "Forbidden")) return false;
  return error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false;
}
