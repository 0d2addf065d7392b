export * from "./key.ts";
export type * from "./record.ts";
export * from "./store.ts";
export { openMemoryStore } from "./drivers/memory/memory-store.ts";
export { compareKeys } from "./compare-keys.ts";
