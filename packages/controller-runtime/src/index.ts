export type * from "./reconciler.ts";
