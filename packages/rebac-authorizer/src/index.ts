export type * from "./access-request.ts";
export { AccountDirectory, type AccountDirectoryOptions, type AccountEntry, type LogicalClusterFacts } from "./account-directory.ts";
export { type Answer, decide, type DecideParts, defaultOpenPrefixes } from "./decide.ts";
export type { RelationshipQuestion } from "./question.ts";
export { type FollowedRelationships, followRelationships, type FollowOptions } from "./follow-relationships.ts";
export { relationshipAuthorizer, type RelationshipAuthorizerParts, relationshipsGround } from "./relationship-authorizer.ts";
export { explainAnswer, type RelationshipEvidence } from "./explain-answer.ts";
export { type AuthzWebhook, type AuthzWebhookOptions, openAuthzWebhook } from "./webhook/authz-webhook.ts";
