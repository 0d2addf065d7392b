/** Group, version, resource and kind, with Kubernetes' way of printing them. The core group is "". */
export interface GroupVersion {
  group: string;
  version: string;
}
export interface GroupResource {
  group: string;
  resource: string;
}
export interface GroupVersionResource extends GroupVersion {
  resource: string;
}
export interface GroupVersionKind extends GroupVersion {
  kind: string;
}

/** "v1" for the core group, else "apps/v1". */
export const formatGroupVersion = ({ group, version }: GroupVersion): string => (group === "" ? version : `${group}/${version}`);

/** The inverse of `formatGroupVersion`; undefined when there is more than one slash. */
export function parseGroupVersion(text: string): GroupVersion | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return { group: "", version: text };
  if (text.indexOf("/", slash + 1) >= 0) return undefined;
  return { group: text.slice(0, slash), version: text.slice(slash + 1) };
}

/** "configmaps" for the core group, else "widgets.example.com". */
export const formatGroupResource = ({ group, resource }: GroupResource): string => (group === "" ? resource : `${resource}.${group}`);

/** Go's `%s` of a GroupVersionKind: "/v1, Kind=ConfigMap". Some error texts print it. */
export const formatGroupVersionKind = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}, Kind=${kind}`;
