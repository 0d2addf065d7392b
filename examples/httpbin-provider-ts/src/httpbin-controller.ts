import { randomBytes } from "node:crypto";
import { hasReason } from "@meshplane/apimachinery";
import { apply, typed } from "@meshplane/client";
import { reconcileBySubroutines, ok, type ControllerOptions, type ObjectKey } from "@meshplane/controller-runtime";
import type { ManagerContext } from "@meshplane/multicluster-provider";
import { httpBins, secrets, type HttpBin } from "./httpbin.ts";

const fieldManager = "httpbin-provider";

/**
 * Gives each HttpBin of each consumer an address and, in a Secret beside it, the credentials for it. A real provider would start something
 * here; what matters is the way between the workspaces.
 */
export function httpBinController({ client }: ManagerContext, domain: string): ControllerOptions {
  /** The cluster's name keeps two consumers' instances of one name apart. */
  const urlOf = ({ cluster, namespace, name }: ObjectKey): string => `https://${name}-${namespace}-${cluster}.${domain}`;

  async function ensureCredentials(httpBin: HttpBin, key: ObjectKey) {
    const name = `${key.name}-credentials`;
    const consumerSecrets = typed(client.cluster(key.cluster), secrets);
    // Not from the cache, which may be a moment behind our own last write: a password is given once.
    const existing = await consumerSecrets.get(name, { namespace: key.namespace }).catch((error) => {
      if (hasReason(error, "NotFound")) return undefined;
      throw error;
    });
    const password = existing?.data?.["password"];
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    await apply(
      consumerSecrets,
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name,
          namespace: key.namespace,
          // The Secret goes with its owner.
          ownerReferences: [
            {
              apiVersion: httpBin.apiVersion,
              kind: httpBin.kind,
              name: key.name,
              uid: httpBin.metadata.uid!,
              controller: true,
            },
          ],
        },
        data: {
          url: base64(urlOf(key)),
          username: base64(key.name),
          password: password ?? base64(randomBytes(16).toString("base64url")),
        },
      },
      { fieldManager, force: true },
    );
    return ok;
  }

  /** Written once, after the steps, and only when it has changed. */
  function status(httpBin: HttpBin, key: ObjectKey) {
    const url = urlOf(key);
    const before = httpBin.status?.conditions?.find(({ type }) => type === "Ready");
    httpBin.status = {
      ready: true,
      url,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Available",
          message: `The instance answers at ${url}`,
          lastTransitionTime: before?.status === "True" ? before.lastTransitionTime : new Date().toISOString(),
          observedGeneration: httpBin.metadata.generation ?? 0,
        },
      ],
    };
    return ok;
  }

  return {
    name: "httpbin",
    for: httpBins,
    watches: [
      {
        // a Secret that was changed or deleted comes back
        resource: secrets,
        initial: false,
        keys: ({ key, object, previous }) => {
          const owners = (object() ?? previous())?.metadata.ownerReferences ?? [];
          return owners.filter(({ kind }) => kind === httpBins.kind).map(({ name }) => ({ ...key, name }));
        },
      },
    ],
    reconcile: reconcileBySubroutines<HttpBin>({
      client,
      resource: httpBins,
      subroutines: [
        (httpBin) => ({ next: !httpBin.metadata.deletionTimestamp }), // nothing more to do for what goes
        ensureCredentials,
        status,
      ],
    }),
  };
}
