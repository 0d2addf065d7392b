/** What is asked: the parts of a SubjectAccessReview that count. */
export interface AccessRequest {
  user: string;
  groups: readonly string[];
  /** logical cluster's name; "" when the request is about none */
  cluster: string;
  resource?: {
    verb: string;
    group: string;
    /** "" or "*": any */
    version: string;
    resource: string;
    namespace: string;
    name: string;
  };
  nonResource?: { path: string; verb: string };
}

export interface ResourceShape {
  singular: string;
  namespaced: boolean;
}

/** Shape of a resource in a logical cluster, as its discovery shows it; undefined when it is not served there. */
export type ShapeOf = (
  cluster: string,
  group: string,
  version: string,
  resource: string,
) => ResourceShape | undefined | Promise<ResourceShape | undefined>;
