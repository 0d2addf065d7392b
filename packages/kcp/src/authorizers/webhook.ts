import type { AuthorizerStep } from "@meshplane/apiserver";
import { webhookAuthorizer, type WebhookAuthorizerOptions } from "@meshplane/controlplane";
import { perEffectiveUser } from "./per-effective-user.ts";

/** the older of the two is what Platform Mesh's webhook reads */
const clusterKeys = ["authorization.kubernetes.io/cluster-name", "authorization.kcp.io/cluster-name"];

/** The step that asks a webhook, about each identity that the user counts as in the logical cluster. @see spec authz §6; platform-mesh authz-webhook */
export const webhookStep = (options: Omit<WebhookAuthorizerOptions, "extraOf">): AuthorizerStep => ({
  name: "Webhook",
  authorize: perEffectiveUser(
    webhookAuthorizer({ ...options, extraOf: (cluster) => Object.fromEntries(clusterKeys.map((key) => [key, [cluster]])) }),
  ),
});
