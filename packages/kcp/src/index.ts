export type * from "./kcp-options.ts";
export type * from "./kcp.ts";
export type * from "./virtual-workspace.ts";
