export { startTestKcp, type TestKcp } from "./start-test-kcp.ts";
