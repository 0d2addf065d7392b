export { eventually, gone, refused, startControlPlane, type ControlPlane } from "./control-plane.ts";
export { FakeIssuer } from "./fake-issuer.ts";
