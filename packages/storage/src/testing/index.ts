export { buildEtcd, findEtcd } from "./etcd-binary.ts";
export { EtcdProcess, etcdForTests } from "./start-etcd.ts";
export { feedRecorder, mustCommit, seededRandom, testHeader, testRecord, testStore, textOf } from "./test-store.ts";
export type { StoreTestOptions } from "./test-store.ts";
