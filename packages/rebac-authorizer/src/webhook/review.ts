import type { AccessRequest } from "../access-request.ts";

/** authorization.k8s.io, v1 and v1beta1 */
export interface AccessReview {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; uid?: string };
  spec?: {
    user?: string;
    groups?: string[];
    /** v1beta1's name of it */
    group?: string[];
    extra?: Record<string, string[]>;
    resourceAttributes?: Partial<Record<"verb" | "group" | "version" | "resource" | "subresource" | "namespace" | "name", string>>;
    nonResourceAttributes?: { path?: string; verb?: string };
  };
}

/** It is no review, or not one that can be understood. */
export class ReviewError extends Error {
  readonly review: AccessReview | undefined;
  constructor(message: string, review?: AccessReview) {
    super(message);
    this.review = review;
  }
}

const versions: ReadonlySet<unknown> = new Set(["authorization.k8s.io/v1", "authorization.k8s.io/v1beta1", undefined]);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws ReviewError */
export function requestOf(review: unknown, clusterKey: string): AccessRequest {
  if (!isObject(review) || !versions.has(review["apiVersion"]) || (review["kind"] ?? "SubjectAccessReview") !== "SubjectAccessReview")
    throw new ReviewError("a SubjectAccessReview of authorization.k8s.io/v1 or v1beta1 is wanted");
  const given = review as AccessReview;
  const spec: unknown = review["spec"];
  if (!isObject(spec)) throw new ReviewError("spec is missing", given);
  const text = (from: Record<string, unknown>, key: string): string => {
    const value = Object.hasOwn(from, key) ? from[key] : undefined;
    if (value === undefined || value === null) return "";
    if (typeof value !== "string") throw new ReviewError(`${key} is no text`, given);
    return value;
  };
  const texts = (value: unknown, key: string): string[] => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.some((one) => typeof one !== "string")) throw new ReviewError(`${key} is no list of texts`, given);
    return value as string[];
  };
  const extra = isObject(spec["extra"]) ? spec["extra"] : {};
  const [cluster = ""] = texts(Object.hasOwn(extra, clusterKey) ? extra[clusterKey] : undefined, "extra");
  const subject = {
    user: text(spec, "user"),
    groups: texts(review["apiVersion"] === "authorization.k8s.io/v1beta1" ? (spec["group"] ?? spec["groups"]) : spec["groups"], "groups"),
    cluster,
  };
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec;
  if (isObject(path)) return { ...subject, nonResource: { path: text(path, "path"), verb: text(path, "verb") } };
  if (!isObject(asked)) return subject;
  return {
    ...subject,
    resource: {
      verb: text(asked, "verb"),
      group: text(asked, "group"),
      version: text(asked, "version"),
      resource: text(asked, "resource"),
      namespace: text(asked, "namespace"),
      name: text(asked, "name"),
    },
  };
}
