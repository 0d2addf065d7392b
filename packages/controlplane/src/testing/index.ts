export { eventually, gone, refused, startControlPlane, type ControlPlane } from "./control-plane.ts";
