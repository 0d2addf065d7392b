export { deriveDefinition } from "@meshplane/kcp";
