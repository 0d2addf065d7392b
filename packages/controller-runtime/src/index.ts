export type * from "./reconciler.ts";
export type * from "./metrics.ts";
export * from "./object-key.ts";
export { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
export { startController, type Controller } from "./controller.ts";
export * from "./subroutine.ts";
export * from "./conditions.ts";
export * from "./reflector-key-source.ts";
