import { cacheGroup } from "@meshplane/apis";

interface Reference {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** Whether an export's virtual storage is an endpoint slice of published objects. */
export const isSliceReference = (reference: Reference | undefined): reference is Reference =>
  reference?.apiGroup === cacheGroup && reference.kind === "ClusterCachedResourceEndpointSlice";
