export { startTestServer } from "./start-test-server.ts";
export type { TestServer, TestServerOptions } from "./start-test-server.ts";
export { testConfigMaps, testWidgets } from "./config-map-definition.ts";
export { testCert, testKey } from "./test-certificate.ts";
