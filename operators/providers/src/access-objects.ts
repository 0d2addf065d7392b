/** What lets somebody from outside into a provider's workspace. @see spec platform-mesh/providers §2.1 step 3 */
import { equalJson, hasReason, type JsonValue, type KubeObject } from "@meshplane/apimachinery";
import { found, resourceType, typed, type ClusterClient, type ResourceType } from "@meshplane/client";
import { gone, namespaceResource, secretResource, serviceAccountResource, type Secret } from "./context.ts";

export interface ClusterRoleBinding extends KubeObject {
  subjects?: { kind: string; name: string; namespace?: string; apiGroup?: string }[];
  roleRef: { apiGroup: string; kind: string; name: string };
}
const rbac = "rbac.authorization.k8s.io";
export const bindingResource = resourceType<ClusterRoleBinding>({
  group: rbac,
  version: "v1",
  resource: "clusterrolebindings",
  kind: "ClusterRoleBinding",
});

export const accessNamespace = "default";
export const accountNameOf = (provider: string): string => `${provider}-provider`;
export const tokenSecretNameOf = (provider: string): string => `${provider}-provider-token`;

/** Makes them, or as they were. @returns the token's Secret, which the server fills */
export async function ensureAccess(inside: ClusterClient, provider: string): Promise<Secret> {
  const account = accountNameOf(provider);
  await ensureNamespace(inside, accessNamespace);
  await ensure(inside, serviceAccountResource, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: account, namespace: accessNamespace },
  });
  await ensureBinding(inside, {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: account },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: account, namespace: accessNamespace }],
  });
  return ensure(inside, secretResource, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: tokenSecretNameOf(provider),
      namespace: accessNamespace,
      annotations: { "kubernetes.io/service-account.name": account },
    },
    type: "kubernetes.io/service-account-token",
  });
}

export async function removeAccess(inside: ClusterClient, provider: string): Promise<void> {
  const namespace = { namespace: accessNamespace };
  await gone(typed(inside, bindingResource).delete(accountNameOf(provider)));
  await gone(typed(inside, secretResource).delete(tokenSecretNameOf(provider), namespace));
  await gone(typed(inside, serviceAccountResource).delete(accountNameOf(provider), namespace));
}

export async function ensureNamespace(cluster: ClusterClient, name: string): Promise<void> {
  await ensure(cluster, namespaceResource, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

/** Its one key. Others, and what somebody else wrote to the object, stay. */
export async function ensureSecretKey(
  cluster: ClusterClient,
  { name, namespace, key }: { name: string; namespace: string; key: string },
  text: string,
): Promise<void> {
  const secrets = typed(cluster, secretResource);
  const value = Buffer.from(text).toString("base64");
  const held = await ensure(cluster, secretResource, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "Opaque",
    data: { [key]: value },
  });
  if (held.data && Object.hasOwn(held.data, key) && held.data[key] === value) return;
  await secrets.update({ ...held, data: { ...held.data, [key]: value } }, { namespace });
}

async function ensure<T extends KubeObject>(cluster: ClusterClient, type: ResourceType<T>, object: T): Promise<T> {
  const { name, namespace } = object.metadata;
  const where = namespace ? { namespace } : {};
  const held = await found(typed(cluster, type).get(name!, where));
  if (held) return held;
  try {
    return await typed(cluster, type).create(object, where);
  } catch (error) {
    if (!hasReason(error, "AlreadyExists")) throw error;
    return typed(cluster, type).get(name!, where);
  }
}

async function ensureBinding(cluster: ClusterClient, wanted: ClusterRoleBinding): Promise<void> {
  const bindings = typed(cluster, bindingResource);
  const held = await ensure(cluster, bindingResource, wanted);
  if (!equalJson(held.roleRef, wanted.roleRef)) {
    // a binding's role never changes
    await gone(bindings.delete(wanted.metadata.name!));
    await bindings.create(wanted);
  } else if (!equalJson((held.subjects ?? null) as JsonValue, wanted.subjects as unknown as JsonValue))
    await bindings.update({ ...held, subjects: wanted.subjects! });
}
