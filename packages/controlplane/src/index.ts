export { FeedKeySource, allResources, objectOf, type FeedChange, type KindOf } from "./local/feed-key-source.ts";
export { localClient, internalUser } from "./local/local-client.ts";
export {
  bearerTokens,
  authenticated,
  bearerTokenOf,
  TokenError,
  type BearerTokens,
  type TokenAuthenticator,
  type TokenIdentity,
  type VerifiedToken,
} from "./authentication/token-authenticator.ts";
export { staticTokens, TokenFileError } from "./authentication/static-tokens.ts";
export { requestHeaders, type RequestHeaderOptions } from "./authentication/request-header.ts";
export {
  jwtAuthenticator,
  JwtConfigurationError,
  signingAlgorithms,
  type JwtAuthenticatorOptions,
} from "./authentication/jwt/jwt-authenticator.ts";
export {
  AuthenticationConfigurationError,
  parseAuthenticationConfiguration,
  type AuthenticationConfiguration,
} from "./authentication/jwt/authentication-configuration.ts";
export { ReviewWebhook, reviewVersions, type ReviewVersion } from "./review-webhooks/review-webhook.ts";
export { webhookTokens, type WebhookTokensOptions } from "./review-webhooks/webhook-tokens.ts";
export { webhookAuthorizer, type WebhookAuthorizerOptions } from "./review-webhooks/webhook-authorizer.ts";
export { clientCertificates } from "./authentication/client-certificates.ts";
export { openSigningKey, signingKeyOf, type SigningKey } from "./authentication/signing-key.ts";
export {
  serviceAccountTokens,
  type IssuedToken,
  type ServiceAccountTokens,
  type TokenSubject,
} from "./authentication/service-account-tokens.ts";
export * from "./authentication/service-account.ts";
export { openIdDocuments } from "./authentication/openid-documents.ts";
export { tokenRequestHandler } from "./authentication/token-request.ts";
export { tokenReviewer } from "./authentication/reviews.ts";
export { createImpersonation, type Impersonate, type ImpersonationOptions } from "./authentication/impersonation.ts";
export { builtInDefinitions, type BuiltInDependencies } from "./kinds/built-in-definitions.ts";
export type { CheckExpression, ExpressionUse } from "./kinds/admissionregistration/rules.ts";
export type { SubjectRulesStatus } from "./kinds/reviews/access-reviews.ts";
export { builtInSchema, componentName, componentNameOf } from "./schemas/built-in-schema.ts";
export { RbacIndex, type RbacIndexOptions } from "./rbac/rbac-index.ts";
export {
  bootstrapPolicy,
  aggregateRules,
  clusterRole,
  clusterRoleBinding,
  groupSubject,
  userSubject,
  resourceRule,
  urlRule,
  type BootstrapPolicy,
} from "./rbac/bootstrap-policy.ts";
export { escalationAdmission, type EscalationOptions } from "./rbac/escalation.ts";
export { accessReviewer, rulesReviewer, type RulesReviewOptions } from "./rbac/access-review.ts";
export { forbiddenBecause } from "./rbac/forbidden-text.ts";
export { ruleAllows } from "./rbac/rule-allows.ts";
export type * from "./rbac/policy.ts";
export { protobufCodec, type BuiltInProtobufCodec } from "./protobuf/protobuf-codec.ts";
export { controlplaneControllers } from "./controllers/controlplane-controllers.ts";
export type { ControllerDependencies } from "./controllers/dependencies.ts";
export { definitionOfKey, definitionOfKind, keyIn, servedBy } from "./controllers/served-definitions.ts";
export { quota, type Quota, type QuotaDependencies } from "./quota/quota.ts";
export { namespaceGuards, immortalNamespaces } from "./admission/namespace-guards.ts";
export { HookIndex } from "./admission/hook-index.ts";
export { hookAdmission } from "./admission/hook-admission.ts";
export type { HookDependencies } from "./admission/policy-dispatch.ts";
export { checkExpression } from "./admission/expressions.ts";
