import { readFileSync } from "node:fs";
import { AuditPolicyError, metadataOfEverything, parseAuditPolicy, type AuditPolicy } from "@meshplane/apiserver";
import type { StartFlags } from "../flags.ts";
import { OperatorError } from "../operator-error.ts";
import { openAuditLog, type AuditLog } from "./audit-log.ts";

/** @returns undefined without --audit-log-path: there is nowhere to write to. @throws OperatorError */
export function openAudit(flags: StartFlags, onError: (error: Error) => void): (AuditLog & { policy: AuditPolicy }) | undefined {
  const policy = policyOf(flags.auditPolicyFile);
  if (!flags.auditLogPath) return undefined;
  try {
    const log = openAuditLog(
      {
        path: flags.auditLogPath,
        format: flags.auditLogFormat,
        blocking: flags.auditLogMode === "blocking",
        maxSizeMiB: flags.auditLogMaxSize,
        maxBackups: flags.auditLogMaxBackup,
        maxAgeDays: flags.auditLogMaxAge,
        compress: flags.auditLogCompress,
      },
      onError,
    );
    return { ...log, policy };
  } catch (cause) {
    throw new OperatorError(`--audit-log-path: ${flags.auditLogPath} cannot be opened: ${(cause as Error).message}`, "mend the path", {
      cause,
    });
  }
}

function policyOf(path: string | undefined): AuditPolicy {
  if (!path) return metadataOfEverything;
  try {
    return parseAuditPolicy(readFileSync(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof AuditPolicyError ? cause.message : `it cannot be read: ${(cause as Error).message}`;
    throw new OperatorError(`--audit-policy-file ${path}: ${why}`, "mend the file", { cause });
  }
}
