import { decodeYaml } from "@meshplane/apimachinery";
import { createClient, parseKubeconfig, type HttpMultiClusterClient, type Kubeconfig } from "@meshplane/client";

/**
 * A client of the cluster that a kubeconfig from a Secret names. Whoever may write the Secret is not who runs us: it names no commands and no files.
 * @throws Error what is wrong with it
 */
export async function clientOfKubeconfig(text: string): Promise<HttpMultiClusterClient> {
  const { clusters = [], users = [] } = (decodeYaml(text).value ?? {}) as Kubeconfig;
  for (const { user } of users)
    for (const key of ["exec", "auth-provider", "tokenFile", "client-certificate", "client-key"] as const)
      if (user?.[key] !== undefined) throw new Error(`the runtime kubeconfig has ${key}, which a kubeconfig in a Secret must not have`);
  for (const { cluster } of clusters)
    if (cluster?.["certificate-authority"] !== undefined)
      throw new Error("the runtime kubeconfig has certificate-authority, which a kubeconfig in a Secret must not have");
  const { config } = await parseKubeconfig(text);
  return createClient(config);
}
