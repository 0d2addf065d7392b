/** The kinds of Platform Mesh; a door of its own, since a control plane without that layer does not load it. */
export * from "./well-known.ts";
export type * from "./standard-condition.ts";
export * from "./core/v1alpha1/account.ts";
export * from "./core/v1alpha1/account-info.ts";
export * from "./core/v1alpha1/store.ts";
export * from "./core/v1alpha1/authorization-model.ts";
export * from "./core/v1alpha1/identity-provider-configuration.ts";
export * from "./core/v1alpha1/invite.ts";
export * from "./core/v1alpha1/api-export-policy.ts";
export * from "./providers/v1alpha1/provider.ts";
export * from "./providers/v1alpha1/provider-permissions.ts";
export * from "./ui/v1alpha1/content-configuration.ts";
export * from "./ui/v1alpha1/provider-metadata.ts";
export * from "./fga-names.ts";
export * from "./realm-issuer.ts";
