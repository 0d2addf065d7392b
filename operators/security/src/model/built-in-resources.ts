import type { HttpClusterClient } from "@meshplane/client";
import { resourceModule, type ModelledResource, type Template } from "./resource-module.ts";
import { moduleFileName, type ModuleFile } from "./merge-modules.ts";

/** Group versions that every organization's model has, and how. @see spec platform-mesh/security §5 */
const modelled: readonly [path: string, group: string, template: Template][] = [
  ["/apis/authentication.k8s.io/v1", "authentication.k8s.io", "standard"],
  ["/apis/authorization.k8s.io/v1", "authorization.k8s.io", "standard"],
  ["/api/v1", "", "standard"],
  ["/apis/apis.kcp.io/v1alpha1", "apis.kcp.io", "standard"],
  ["/apis/ui.platform-mesh.io/v1alpha1", "ui.platform-mesh.io", "standard"],
  ["/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "privileged"],
];

interface ResourceList {
  resources?: { name: string; singularName: string; kind: string; namespaced: boolean }[];
}

/**
 * Modules for what every workspace has, as the cluster's discovery shows it.
 * @param cluster any workspace that binds `core.platform-mesh.io`: these APIs are the same in all of them
 * @throws StatusError when one of the group versions is missing
 */
export async function builtInModules(cluster: HttpClusterClient): Promise<ModuleFile[]> {
  const lists = await Promise.all(
    modelled.map(async ([path, group, template]) => {
      const { resources = [] } = (await cluster.request({ method: "GET", path })) as unknown as ResourceList;
      return resources
        .filter(({ name }) => !name.includes("/"))
        .map(({ name, singularName, kind, namespaced }): [ModelledResource, Template] => [
          { group, plural: name, singular: singularName || kind.toLowerCase(), namespaced },
          template,
        ]);
    }),
  );
  // namespaces first: others extend that type
  return lists
    .flat()
    .sort(([a], [b]) => Number(b.plural === "namespaces" && b.group === "") - Number(a.plural === "namespaces" && a.group === ""))
    .map(([resource, template]) => ({
      name: moduleFileName("discovered", `${resource.group || "core"}.${resource.plural}`),
      contents: resourceModule(resource, template),
    }));
}
