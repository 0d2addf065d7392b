export { FakeServer, type FakeResource, type FakeServerOptions } from "./fake-server.ts";
export { BlackHole } from "./black-hole.ts";
export { until } from "./until.ts";
