import { forbidden, type StatusError } from "@meshplane/apimachinery";
import type { Target, User } from "@meshplane/apiserver";

/** 403 as authorization words it (wire 85): who cannot do what, where. */
export function forbiddenBecause(user: User, target: Target, reason: string): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot ${target.verb}`;
  const why = reason === "" ? "" : `: ${reason}`;
  if (target.kind === "nonResource") {
    return forbidden({ group: "", resource: "" }, "", `${who} path ${JSON.stringify(target.path)}${why}`);
  }
  const { group, resource, subresource, namespace, name } = target;
  const what = JSON.stringify(subresource === "" ? resource : `${resource}/${subresource}`);
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  return forbidden({ group, resource }, name, `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}${why}`);
}
