export { startTestServer } from "./start-test-server.ts";
export type { TestServer, TestServerOptions } from "./start-test-server.ts";
export { testConfigMaps, testWidgets } from "./config-map-definition.ts";
export { testCert, testKey } from "./test-certificate.ts";
export { TestClient } from "./test-client.ts";
export type { TestAnswer, TestRequest } from "./test-client.ts";
