import {
  applyJsonPatch,
  badRequest,
  clusterAnnotation,
  decodeJson,
  failure,
  forbidden,
  internalError,
  StatusError,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { AdmissionPlugin, AdmissionRequest, ResourceDefinition } from "@meshplane/apiserver";
import { callWebhook, WebhookCallError, type ReviewResponse } from "./call-webhook.ts";
import { describeRequest, ExpressionFailure, HookEvaluation } from "./hook-evaluation.ts";
import type { Webhook } from "./hook-kinds.ts";
import { inVersion, isExempt, matchedDefinition, namespaceSelected, objectSelected } from "./match-hooks.ts";
import { sourceOf, type HookDependencies } from "./policy-dispatch.ts";
import { replaceContents } from "./replace-contents.ts";

/** @throws StatusError when it refuses, or cannot be asked and must be */
export async function mutateByWebhook(webhook: Webhook, request: AdmissionRequest, dependencies: HookDependencies): Promise<void> {
  const response = await ask(webhook, request, dependencies);
  if (response?.patch && request.object) mutate(webhook, request.object, response);
}

/** ValidatingWebhookConfigurations: called at the same time; the first refusal in their order counts. */
export function validatingWebhooks(dependencies: HookDependencies): AdmissionPlugin {
  const { index } = dependencies;
  return {
    name: "ValidatingAdmissionWebhook",
    handles: (request) => !isExempt(request) && index.has(sourceOf(dependencies, request)),
    async validate(request) {
      const { validatingWebhooks: webhooks } = await index.hooksOf(sourceOf(dependencies, request));
      const answers = await Promise.allSettled(webhooks.map((webhook) => ask(webhook, request, dependencies)));
      for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
    },
  };
}

/**
 * The answer of a webhook that lets the request pass; undefined when it is not concerned, or failed and may be ignored.
 * @throws StatusError
 */
async function ask(webhook: Webhook, request: AdmissionRequest, dependencies: HookDependencies): Promise<ReviewResponse | undefined> {
  const { surfaces, store, authorize } = dependencies;
  if (!objectSelected(webhook.objectSelector, request)) return undefined;
  const matched = matchedDefinition(webhook.rules, webhook.matchPolicy, request, await surfaces(request.cluster));
  if (!matched || !(await namespaceSelected(webhook.namespaceSelector, request, store))) return undefined;
  const object = await inVersion(request.object, request.definition, matched);
  const oldObject = await inVersion(request.oldObject, request.definition, matched);
  const ignores = webhook.failurePolicy === "Ignore";
  if (webhook.matchConditions?.length) {
    const evaluation = new HookEvaluation({ request, matched, object, oldObject, namespaceObject: undefined, authorize });
    try {
      if (!(await evaluation.matchConditions(webhook.matchConditions))) return undefined;
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      if (ignores) return undefined;
      throw forbidden(resourceOf(request), request.name, error.message);
    }
  }
  if (request.options.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
    throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  let response: ReviewResponse;
  try {
    response = await callWebhook(webhook, reviewOf(request, matched, object, oldObject));
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error;
    if (ignores) return undefined;
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
  }
  for (const text of response.warnings ?? []) request.context.warn(text);
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) {
    request.context.annotate(`${webhook.name}/${key}`, value);
  }
  if (response.allowed !== true) throw refusal(webhook, response);
  return response;
}

function reviewOf(
  request: AdmissionRequest,
  matched: ResourceDefinition,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): Record<string, unknown> {
  return {
    ...describeRequest(request, matched),
    object: object ? withCluster(object, request.cluster) : null,
    oldObject: oldObject ?? null,
  };
}

/** A webhook serves many logical clusters: it must see which one, before the object is stored too. */
function withCluster(object: KubeObject, cluster: string): KubeObject {
  const { annotations } = object.metadata;
  if (annotations && Object.hasOwn(annotations, clusterAnnotation)) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [clusterAnnotation]: cluster } } };
}

function mutate(webhook: Webhook, object: KubeObject, { patch, patchType }: ReviewResponse): void {
  if (patchType !== "JSONPatch") throw internalError(`webhook ${webhook.name}: unsupported patch type ${JSON.stringify(patchType ?? "")}`);
  const had = object.metadata.annotations && Object.hasOwn(object.metadata.annotations, clusterAnnotation);
  // the patch was written for an object that may have had annotations where this one has none
  const seen = had ? object : withCluster(object, "");
  try {
    const operations = decodeJson(Buffer.from(patch!, "base64")).value;
    const next = applyJsonPatch(seen as unknown as JsonValue, operations) as unknown as KubeObject;
    if (!had) dropClusterAnnotation(next);
    replaceContents(object, next);
  } catch (error) {
    if (error instanceof StatusError && error.code !== 422) throw error;
    throw internalError(`failed to apply the patch of webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`);
  }
}

/** The server puts it in again; until then nobody wrote it. */
function dropClusterAnnotation({ metadata }: KubeObject): void {
  if (!metadata?.annotations) return;
  delete metadata.annotations[clusterAnnotation];
  if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
}

function refusal({ name }: Webhook, { status = {} }: ReviewResponse): StatusError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const detail = status.message || status.reason;
  const code = status.code && status.code >= 400 ? status.code : 400;
  return failure(code, status.reason ?? "", status.details as never, detail ? `${denied}: ${detail}` : `${denied} without explanation`);
}

const resourceOf = ({ definition }: AdmissionRequest) => ({ group: definition.group, resource: definition.resource });
