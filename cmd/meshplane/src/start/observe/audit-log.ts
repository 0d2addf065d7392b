/** `--audit-log-path`: one JSON line per request, when its answer has been decided: audit.k8s.io/v1 events of level Metadata. */
import { createWriteStream } from "node:fs";
import type { AuditHook } from "@meshplane/apiserver";

export interface AuditLog {
  readonly record: AuditHook;
  close(): Promise<void>;
}

/** Go reads these times with exactly six digits. */
const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z");

const isWorkspace = (cluster: string | undefined): boolean => cluster !== undefined && cluster !== "" && cluster !== "*";

/** @param path a file, appended to, or "-" for standard output */
export function openAuditLog(path: string, onError: (error: Error) => void): AuditLog {
  const out = path === "-" ? process.stdout : createWriteStream(path, { flags: "a", mode: 0o600 });
  out.on("error", onError);
  return {
    record({ context, status, target, http }) {
      const { user } = context;
      const annotations = context.annotations ? Object.fromEntries(context.annotations) : {};
      out.write(
        `${JSON.stringify({
          kind: "Event",
          apiVersion: "audit.k8s.io/v1",
          level: "Metadata",
          auditID: context.auditId,
          stage: "ResponseComplete",
          requestURI: http.path + (http.query.text ? `?${http.query.text}` : ""),
          verb: target?.verb ?? http.method.toLowerCase(),
          user: {
            username: user.name,
            ...(user.uid ? { uid: user.uid } : {}),
            groups: user.groups,
            ...(Object.keys(user.extra).length ? { extra: user.extra } : {}),
          },
          sourceIPs: [http.remoteAddress],
          userAgent: http.headers["user-agent"],
          ...(target?.kind === "resource"
            ? {
                objectRef: {
                  resource: target.resource,
                  ...(target.namespace ? { namespace: target.namespace } : {}),
                  ...(target.name ? { name: target.name } : {}),
                  ...(target.group ? { apiGroup: target.group } : {}),
                  apiVersion: target.version,
                  ...(target.subresource ? { subresource: target.subresource } : {}),
                },
              }
            : {}),
          responseStatus: { metadata: {}, code: status },
          requestReceivedTimestamp: microTime(context.received),
          stageTimestamp: microTime(Date.now()),
          annotations: {
            "kcp.io/cluster": target?.cluster ?? "",
            ...(isWorkspace(target?.cluster) ? { "tenancy.kcp.io/workspace": target!.cluster } : {}),
            ...annotations,
          },
        })}\n`,
      );
    },
    close: () => new Promise((resolve) => (out === process.stdout ? resolve() : out.end(() => resolve()))),
  };
}
