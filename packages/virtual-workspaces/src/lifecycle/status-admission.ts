/** The one change that a lifecycle controller may make to a LogicalCluster: take its own name off the list. @see spec virtual-workspaces §3, §4 */
import { fieldInvalid, invalid } from "@meshplane/apimachinery";
import type { LogicalCluster } from "@meshplane/apis";
import type { AdmissionPlugin } from "@meshplane/apiserver";
import type { Lifecycle } from "./lifecycle.ts";

export const statusAdmission = ({ list, noun }: Lifecycle, id: string): AdmissionPlugin => ({
  name: `core.kcp.io/LogicalCluster-${noun}`,
  handles: ({ definition, subresource, operation }) =>
    definition.resource === "logicalclusters" && subresource === "status" && operation === "UPDATE",
  validate({ object, oldObject, name }) {
    const before = (oldObject as LogicalCluster | undefined)?.status?.[list] ?? [];
    const after = (object as LogicalCluster | undefined)?.status?.[list] ?? [];
    if (isUnchanged(before, after) || isUnchanged(without(before, id), after)) return;
    // upstream names the group of initializers as it was before LogicalCluster had its own
    throw invalid({ group: list === "initializers" ? "tenancy.kcp.io" : "core.kcp.io", kind: "LogicalCluster" }, name, [
      fieldInvalid(`status.${list}`, after, `only removing the ${JSON.stringify(id)} ${noun} is supported`),
    ]);
  },
});

const isUnchanged = (before: readonly string[], after: readonly string[]): boolean =>
  before.length === after.length && before.every((entry, i) => entry === after[i]);

function without(list: readonly string[], id: string): string[] {
  const at = list.indexOf(id);
  return at < 0 ? [...list] : list.filter((_, i) => i !== at);
}
