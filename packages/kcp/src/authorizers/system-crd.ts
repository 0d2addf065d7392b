import { apisGroup } from "@meshplane/apis";
import { deny, type Authorizer } from "@meshplane/apiserver";
import { delegate } from "./delegate.ts";

const statusOf = new Set(["apibindings", "apiexports"]);
const writes = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/** `03-systemcrd`: the status of bindings and exports is the controllers'. @see spec authz §6 */
export const systemCrdAuthorizer =
  (next: Authorizer): Authorizer =>
  (attributes) => {
    const { target } = attributes;
    if (
      target.kind === "resource" &&
      target.group === apisGroup &&
      target.subresource === "status" &&
      statusOf.has(target.resource) &&
      writes.has(target.verb)
    )
      return deny(`${target.resource.slice(0, -1)} status updates not permitted`);
    return delegate(next, attributes, "no system CRD violation");
  };
