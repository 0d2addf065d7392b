export type * from "./kcp-options.ts";
export type * from "./kcp.ts";
export type * from "./virtual-workspace.ts";
export type { AcceptedClaim, BindingEntry } from "./surfaces/binding-entry.ts";
export type { ExportEntry } from "./exports/export-index.ts";
