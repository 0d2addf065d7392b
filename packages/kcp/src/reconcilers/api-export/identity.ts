import type { KubeObject } from "@meshplane/apimachinery";
import { identityHash, newIdentityKey } from "@meshplane/apis";
import { markFalse, markTrue, ok, type Subroutine } from "@meshplane/controller-runtime";
import { ensure, find, namespaceResource, secretResource, type ReconcilerParts } from "../parts.ts";

const identityNamespace = "kcp-system";

interface Secret extends KubeObject {
  data?: Record<string, string>;
}

/** APIExports and ClusterCachedResources */
interface Identified extends KubeObject {
  spec?: { identity?: { secretRef?: { namespace?: string; name?: string } } };
  status?: { identityHash?: string };
}

/** A secret key, made unless the provider names one, and its hash, which never changes once it is known. */
export const identity =
  ({ client }: ReconcilerParts): Subroutine<Identified> =>
  async (object, { cluster }) => {
    if (object.metadata.deletionTimestamp) return ok;
    const spec = (object.spec ??= {});
    const status = (object.status ??= {});
    if (!spec.identity?.secretRef?.name) {
      const name = object.metadata.name!;
      await makeSecret(name);
      spec.identity = { secretRef: { namespace: identityNamespace, name } };
    }
    const { namespace = "", name = "" } = spec.identity!.secretRef!;
    const secret = await find<Secret>(client, cluster, secretResource, name, namespace);
    const key = secret?.data && Object.hasOwn(secret.data, "key") ? Buffer.from(secret.data["key"]!, "base64") : undefined;
    if (!secret) return invalid(`secret ${JSON.stringify(name)} not found`);
    if (!key || key.length === 0) return invalid("secret is missing data.key");
    const hash = identityHash(key);
    status.identityHash ||= hash;
    if (status.identityHash !== hash)
      return invalid(
        `hash mismatch: identity secret hash ${JSON.stringify(hash)} must match status.identityHash ${JSON.stringify(status.identityHash)}`,
      );
    markTrue(object, "IdentityValid");
    return ok;

    function invalid(message: string): typeof ok {
      markFalse(object, "IdentityValid", "IdentityVerificationFailed", "Error", message);
      return ok; // the secret's next change brings us back
    }

    async function makeSecret(secretName: string): Promise<void> {
      await ensure(client, cluster, namespaceResource, { apiVersion: "v1", kind: "Namespace", metadata: { name: identityNamespace } });
      await ensure(client, cluster, secretResource, {
        apiVersion: "v1",
        kind: "Secret",
        type: "Opaque",
        metadata: { name: secretName, namespace: identityNamespace },
        data: { key: Buffer.from(newIdentityKey()).toString("base64") },
      });
    }
  };
