export { feedRecorder, mustCommit, seededRandom, testHeader, testRecord, testStore, textOf } from "./test-store.ts";
export type { StoreTestOptions } from "./test-store.ts";
