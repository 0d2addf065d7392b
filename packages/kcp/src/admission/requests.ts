import { forbidden, type KubeObject, type StatusError } from "@meshplane/apimachinery";
import { kcpGroups } from "@meshplane/apis";
import { groupResourceOf, mastersGroup, type AdmissionRequest, type User } from "@meshplane/apiserver";

/** 403 with a reason: the form that all of kcp's denials have. */
export const refuse = (request: AdmissionRequest, why: string): StatusError =>
  forbidden(groupResourceOf(request.definition), request.name || request.object?.metadata.name || "", why);

export const isOn = ({ definition }: AdmissionRequest, group: string, ...resources: string[]): boolean =>
  definition.group === group && resources.includes(definition.resource);

export const isWrite = ({ operation }: AdmissionRequest): boolean => operation === "CREATE" || operation === "UPDATE";

export const isPrivileged = ({ groups }: User): boolean => groups.includes(mastersGroup);

const logicalClusterAdmins = [mastersGroup, kcpGroups.logicalClusterAdmin, kcpGroups.externalLogicalClusterAdmin, kcpGroups.bootstrapper];
export const isLogicalClusterAdmin = ({ groups }: User): boolean => logicalClusterAdmins.some((group) => groups.includes(group));

export function setAnnotation({ metadata }: KubeObject, key: string, value: string): void {
  metadata.annotations = { ...metadata.annotations, [key]: value };
}

export function deleteAnnotation({ metadata }: KubeObject, key: string): void {
  if (metadata.annotations?.[key] === undefined) return;
  const { [key]: _, ...rest } = metadata.annotations;
  metadata.annotations = rest;
}

/** authentication/v1 UserInfo as Go prints it: empty fields left out. */
export const userInfo = (user: User): Record<string, unknown> => ({
  username: user.name,
  ...(user.uid ? { uid: user.uid } : {}),
  ...(user.groups.length > 0 ? { groups: user.groups } : {}),
  ...(Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
});
