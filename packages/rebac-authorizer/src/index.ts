export type * from "./access-request.ts";
export { AccountDirectory, type AccountDirectoryOptions, type AccountEntry, type LogicalClusterFacts } from "./account-directory.ts";
export { type Answer, decide, type DecideParts, defaultOpenPrefixes } from "./decide.ts";
export type { RelationshipQuestion } from "./question.ts";
export { relationshipAuthorizer } from "./relationship-authorizer.ts";
