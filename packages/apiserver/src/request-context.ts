import type { User } from "./user.ts";

/** What is known of the request at hand, passed as an argument to whoever needs it. */
export interface RequestContext {
  readonly auditId: string;
  /** milliseconds of the server's clock */
  readonly received: number;
  /** milliseconds of the server's clock; long-running requests have Infinity */
  readonly deadline: number;
  readonly user: User;
  /** the logical cluster that is written to, or "*" */
  readonly cluster: string;
  /** each becomes a `Warning` header */
  warn(text: string): void;
  /** shows in the audit event */
  annotate(key: string, value: string): void;
  /** what has been annotated so far */
  readonly annotations?: ReadonlyMap<string, string> | undefined;
}
