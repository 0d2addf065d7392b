export {};
export {
  FeedKeySource,
  allResources,
  objectOf,
  type FeedChange,
  type KindOf,
} from "./local/feed-key-source.ts";
export { localClient, internalUser } from "./local/local-client.ts";
