import type { KubeObject } from "@meshplane/apimachinery";
import type { ResourceDefinition, Subresource } from "@meshplane/apiserver";
import { age, ageColumn, define, nameColumn } from "../define.ts";

interface ServiceAccount extends KubeObject {
  secrets?: { name?: string }[];
}

/** @param issueToken answers `serviceaccounts/token` */
export const serviceAccounts = (issueToken: NonNullable<Subresource["handle"]>): ResourceDefinition =>
  define<ServiceAccount>({
    group: "",
    resource: "serviceaccounts",
    kind: "ServiceAccount",
    shortNames: ["sa"],
    namespaced: true,
    returnsObjectOnDelete: true,
    prepareForCreate: keepSecretNames,
    prepareForUpdate: keepSecretNames,
    subresources: { token: { verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", handle: issueToken } },
    columns: [nameColumn, ageColumn],
    cells: (account, now) => [account.metadata.name, age(account, now)],
  });

/** A secret is of the account's own namespace: nothing but its name is kept. */
function keepSecretNames(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name ? { name } : {}));
}
