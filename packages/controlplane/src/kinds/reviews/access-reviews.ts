import { badRequest, fieldInvalid, invalid, type FieldError, type KubeObject, type StatusError } from "@meshplane/apimachinery";
import type { Decision, RequestContext, ResourceDefinition, StepDecision, Target, User, Verb } from "@meshplane/apiserver";
import { define } from "../define.ts";
import { asked } from "./authentication-reviews.ts";
import { explainAnnotation, explanationAnnotation, explanationOf } from "./explanation.ts";

export interface SubjectRulesStatus {
  resourceRules: { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs?: string[] }[];
  incomplete: boolean;
  evaluationError?: string;
}

export interface AccessReviewDependencies {
  /** The decision, its reason in the words that are for clients. */
  reviewAccess(user: User, target: Target, context: RequestContext, trace?: StepDecision[]): Promise<Decision> | Decision;
  /** What the user may do in a namespace, as far as it can be listed. */
  rulesOf(user: User, namespace: string, context: RequestContext): Promise<SubjectRulesStatus> | SubjectRulesStatus;
}

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}
interface NonResourceAttributes {
  path?: string;
  verb?: string;
}
interface AccessReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

const group = "authorization.k8s.io";

export function accessReviews({ reviewAccess, rulesOf }: AccessReviewDependencies): ResourceDefinition[] {
  /** @param ofCaller the question is about who asks, not about a named user */
  const review = (kind: string, resource: string, ofCaller: boolean, namespaced = false): ResourceDefinition =>
    define<KubeObject>({
      ...asked,
      group,
      kind,
      resource,
      namespaced,
      computed: {
        async create(object, { cluster, namespace, context }) {
          const spec = (object.spec ?? {}) as AccessReviewSpec;
          const errors = [...(ofCaller ? [] : subjectErrors(spec)), ...attributeErrors(spec)];
          if (namespaced) errors.push(...localErrors(spec, namespace));
          if (errors.length > 0) throw invalidReview(errors);
          const user = ofCaller ? context.user : subjectOf(spec);
          const { decision, reason, error } = await reviewAccess(user, targetOf(spec, cluster), context);
          const status = {
            allowed: decision === "allow",
            ...(decision === "deny" ? { denied: true } : {}),
            ...(reason ? { reason } : {}),
            ...(error === undefined ? {} : { evaluationError: error }),
          };
          // of others than the caller: whoever may ask that here may know why
          if (ofCaller || namespaced || object.metadata.annotations?.[explainAnnotation] !== "true") return { ...object, status };
          const trace: StepDecision[] = [];
          const explained = await reviewAccess(user, targetOf(spec, cluster), context, trace);
          const annotations = { ...object.metadata.annotations, [explanationAnnotation]: JSON.stringify(explanationOf(explained, trace)) };
          return { ...object, metadata: { ...object.metadata, annotations }, status };
        },
      },
    });
  return [
    review("LocalSubjectAccessReview", "localsubjectaccessreviews", false, true),
    review("SelfSubjectAccessReview", "selfsubjectaccessreviews", true),
    define<KubeObject>({
      ...asked,
      group,
      kind: "SelfSubjectRulesReview",
      resource: "selfsubjectrulesreviews",
      computed: {
        async create(object, { context }) {
          const namespace = (object.spec as { namespace?: string } | undefined)?.namespace;
          if (!namespace) throw badRequest("no namespace on request");
          const status = await rulesOf(context.user, namespace, context);
          // the answer does not repeat the question
          return { apiVersion: object.apiVersion, kind: object.kind, metadata: {}, spec: {}, status: { ...status } };
        },
      },
    }),
    review("SubjectAccessReview", "subjectaccessreviews", false),
  ];
}

const subjectOf = ({ user = "", uid = "", groups = [], extra = {} }: AccessReviewSpec): User => ({ name: user, uid, groups, extra });

/** Attributes of a question need not be those of a possible request: verbs are free text. */
function targetOf({ resourceAttributes: asked, nonResourceAttributes: path }: AccessReviewSpec, cluster: string): Target {
  if (!asked) return { kind: "nonResource", verb: path?.verb ?? "", cluster, path: path?.path ?? "" };
  return {
    kind: "resource",
    verb: (asked.verb ?? "") as Verb,
    cluster,
    group: asked.group ?? "",
    version: asked.version ?? "",
    resource: asked.resource ?? "",
    identity: undefined,
    namespace: asked.namespace ?? "",
    name: asked.name ?? "",
    subresource: asked.subresource ?? "",
    path: "",
  };
}

function subjectErrors({ user, groups }: AccessReviewSpec): FieldError[] {
  return user || groups?.length ? [] : [fieldInvalid("spec.user", user ?? "", "at least one of user or group must be specified")];
}

function attributeErrors({ resourceAttributes, nonResourceAttributes }: AccessReviewSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    // upstream prints its internal form
    const printed = { Path: nonResourceAttributes.path ?? "", Verb: nonResourceAttributes.verb ?? "" };
    return [fieldInvalid("spec.nonResourceAttributes", printed, "cannot be specified in combination with resourceAttributes")];
  }
  if (resourceAttributes || nonResourceAttributes) return [];
  return [fieldInvalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified")];
}

function localErrors({ resourceAttributes, nonResourceAttributes }: AccessReviewSpec, namespace: string): FieldError[] {
  const errors: FieldError[] = [];
  if (resourceAttributes && (resourceAttributes.namespace ?? "") !== namespace) {
    errors.push(fieldInvalid("spec.resourceAttributes.namespace", resourceAttributes.namespace ?? "", "must match metadata.namespace"));
  }
  if (nonResourceAttributes) {
    const printed = { Path: nonResourceAttributes.path ?? "", Verb: nonResourceAttributes.verb ?? "" };
    errors.push(fieldInvalid("spec.nonResourceAttributes", printed, "disallowed on this kind of request"));
  }
  return errors;
}

/** Upstream names no kind here. */
function invalidReview(errors: FieldError[]): StatusError {
  const error = invalid({ group, kind: "" }, "", errors);
  delete error.status.details?.kind;
  return error;
}
