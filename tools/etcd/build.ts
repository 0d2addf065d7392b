/** `node tools/etcd/build.ts`: makes the etcd that the tests find. */
import { buildEtcd, findEtcd } from "@meshplane/storage/testing";

console.log(findEtcd() ?? buildEtcd());
