/** A condition as kcp writes it: with a severity while it is False. `controller-runtime` sets them. @see spec tenancy §3.4 */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  severity?: "Error" | "Warning" | "Info";
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}
