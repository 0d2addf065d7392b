/** Second question: may the caller do this verb on `apiexports/content` of the export, in the export's own cluster? @see spec virtual-workspaces §2.3 */
import { allow, deny, type Authorizer, type Decision } from "@meshplane/apiserver";
import type { ExportName } from "../view-dependencies.ts";

export const contentAuthorizer =
  (authorize: Authorizer, { cluster, name }: ExportName): Authorizer =>
  ({ user, target }) => {
    const decision = authorize({
      user,
      target: {
        kind: "resource",
        verb: target.kind === "resource" ? target.verb : "get",
        cluster,
        group: "apis.kcp.io",
        version: "v1alpha2",
        resource: "apiexports",
        identity: undefined,
        namespace: "",
        name,
        subresource: "content",
        path: target.path,
      },
    });
    return decision instanceof Promise ? decision.then(final) : final(decision);
  };

/** What the chain has no opinion about is refused here. */
const final = ({ decision, reason }: Decision): Decision => (decision === "allow" ? allow(reason) : deny(reason));
