import { hasReason, type KubeObject } from "@meshplane/apimachinery";
import type { ControllerOptions, ObjectKey } from "@meshplane/controller-runtime";
import { builtInIdentity, keyPrefix } from "@meshplane/storage";
import { coreKey } from "../authentication/service-account-tokens.ts";
import { objectOf } from "../local/feed-key-source.ts";
import { internalUser } from "../local/local-client.ts";
import type { ControllerDependencies } from "./dependencies.ts";

interface Secret extends KubeObject {
  data?: Record<string, string>;
  type?: string;
}

const tokenType = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

const user = internalUser("system:serviceaccount:kube-system:tokens-controller");
const secrets = { group: "", version: "v1", resource: "secrets" };

/** Secrets of type service-account-token are filled in, and go with their account (wire 75). */
export function tokenSecrets({ store, local, rootCa, tokens }: ControllerDependencies): ControllerOptions {
  return {
    name: "token-secrets",
    for: { group: "", resource: "secrets" },
    filter: ({ fields, deleted, deleting }) => fields?.["type"] === tokenType && !deleted && !deleting,
    watches: [
      {
        resource: { group: "", resource: "serviceaccounts" },
        keys: ({ deleted, key }) => (deleted ? secretsOf(key) : []),
        initial: false,
      },
    ],
    reconcile,
  };

  /** Token secrets in the place of an account, whichever account they name. */
  async function secretsOf({ cluster, namespace }: ObjectKey): Promise<ObjectKey[]> {
    const prefix = keyPrefix("", "secrets", builtInIdentity, cluster, namespace);
    const { records } = await store.range(prefix, {
      keysOnly: true,
      headerFilter: ({ fields }) => fields?.["type"] === tokenType,
    });
    return records.map(({ key }) => ({ cluster, namespace, name: key.slice(prefix.length) }));
  }

  async function reconcile({ cluster, namespace, name }: ObjectKey) {
    const record = await store.get(coreKey("secrets", cluster, namespace, name));
    if (!record || record.header.deleting) return undefined;
    const secret = objectOf(record, { apiVersion: "v1", kind: "Secret" }) as Secret;
    const { annotations = {} } = secret.metadata;
    const accountName = annotations[nameAnnotation];
    if (secret.type !== tokenType || !accountName) return undefined;
    const account = await store.get(coreKey("serviceaccounts", cluster, namespace, accountName));
    const wantedUid = annotations[uidAnnotation];
    if (!account || (wantedUid && wantedUid !== account.header.uid)) {
      await remove(cluster, secret);
      return undefined;
    }
    const data = { ...secret.data };
    const filled = { "ca.crt": rootCa, namespace };
    let changed = !wantedUid;
    for (const [key, text] of Object.entries(filled)) {
      const encoded = Buffer.from(text, "utf8").toString("base64");
      if (data[key] === encoded) continue;
      data[key] = encoded;
      changed = true;
    }
    if (!data["token"]) {
      const token = await tokens.issueLegacy({
        cluster,
        namespace,
        serviceAccount: { name: accountName, uid: account.header.uid },
        secret: { name, uid: record.header.uid },
      });
      data["token"] = Buffer.from(token, "utf8").toString("base64");
      changed = true;
    }
    if (!changed) return undefined;
    const metadata = { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: account.header.uid } };
    await local().object({
      verb: "update",
      user,
      cluster,
      resource: secrets,
      namespace,
      name,
      object: { ...secret, metadata, data },
    });
    return undefined;
  }

  async function remove(cluster: string, { metadata }: Secret): Promise<void> {
    try {
      await local().object({
        verb: "delete",
        user,
        cluster,
        resource: secrets,
        namespace: metadata.namespace!,
        name: metadata.name!,
        options: { preconditions: { uid: metadata.uid!, resourceVersion: metadata.resourceVersion! } },
      });
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }
}
