import type { AuditEvent } from "@meshplane/apiserver";

const quoted = (text: string): string => JSON.stringify(text);
const listed = (names: readonly string[] | undefined, none: string): string => (names?.length ? names.map(quoted).join(",") : none);

/** `--audit-log-format=legacy`: upstream's line of key="value" pairs, for programs that read it. */
export function legacyLine(event: AuditEvent): string {
  const { user, impersonatedUser, responseStatus } = event;
  const code = (responseStatus as { code?: number } | undefined)?.code;
  const fields = [
    `id=${quoted(event.auditID)}`,
    `stage=${quoted(event.stage)}`,
    `ip=${quoted(event.sourceIPs[0] ?? "<unknown>")}`,
    `method=${quoted(event.verb)}`,
    `user=${quoted(user.username ?? "<none>")}`,
    `groups=${quoted(listed(user.groups, "<none>"))}`,
    `as=${quoted(impersonatedUser?.username ?? "<self>")}`,
    `asgroups=${quoted(listed(impersonatedUser?.groups, "<lookup>"))}`,
    `user-agent=${quoted(event.userAgent ?? "")}`,
    `namespace=${quoted(event.objectRef?.namespace ?? "<none>")}`,
    `uri=${quoted(event.requestURI)}`,
    `response="${code === undefined ? "<deferred>" : code}"`,
  ];
  return `${event.stageTimestamp.replace(/000Z$/, "000000Z")} AUDIT: ${fields.join(" ")}`;
}
