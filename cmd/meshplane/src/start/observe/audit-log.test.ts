import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditEvent } from "@meshplane/apiserver";
import { openAuditLog, type AuditLogOptions } from "./audit-log.ts";

const folder = mkdtempSync(join(tmpdir(), "meshplane-audit-"));
after(() => rmSync(folder, { recursive: true }));

const event: AuditEvent = {
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "Metadata",
  auditID: "1",
  stage: "ResponseComplete",
  requestURI: "/api",
  verb: "get",
  user: { username: "alice", groups: ["a", "b"] },
  sourceIPs: ["127.0.0.1"],
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: "2026-01-02T03:04:05.006000Z",
  stageTimestamp: "2026-01-02T03:04:05.007000Z",
};
const open = (name: string, options: Partial<AuditLogOptions>) =>
  openAuditLog(
    { path: join(folder, name), format: "json", blocking: true, maxSizeMiB: 1, maxBackups: 0, maxAgeDays: 0, compress: false, ...options },
    (error) => assert.fail(error),
  );

test("an event is in the file when it has been written", () => {
  const log = open("now.log", {});
  log.write(event);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "now.log"), "utf8")), event);
  log.close();
});

test("a batch is in the file once the log is closed", () => {
  const log = open("batch.log", { blocking: false });
  log.write(event);
  assert.equal(readFileSync(join(folder, "batch.log"), "utf8"), "");
  log.close();
  assert.match(readFileSync(join(folder, "batch.log"), "utf8"), /"auditID":"1"/);
});

test("the legacy format is one line of pairs", () => {
  const log = open("legacy.log", { format: "legacy" });
  log.write(event);
  log.close();
  assert.equal(
    readFileSync(join(folder, "legacy.log"), "utf8"),
    '2026-01-02T03:04:05.007000000Z AUDIT: id="1" stage="ResponseComplete" ip="127.0.0.1" method="get" user="alice" groups="\\"a\\",\\"b\\"" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/api" response="200"\n',
  );
});

test("a file that is full is set aside, compressed; more than wanted or too old go", async () => {
  writeFileSync(join(folder, "big-2001-02-03T04-05-06.789.log"), "old");
  const log = open("big.log", { maxBackups: 2, compress: true, maxAgeDays: 30 });
  const half = { ...event, userAgent: "x".repeat(600 << 10) };
  for (let i = 0; i < 5; i++) {
    log.write(half);
    await sleep(5); // names of old files have milliseconds
  }
  const names = (): string[] => readdirSync(folder).filter((name) => name.startsWith("big-"));
  for (let i = 0; i < 100 && !(names().length === 2 && names().every((name) => name.endsWith(".log.gz"))); i++) await sleep(20);
  assert.equal(names().length, 2);
  assert.ok(
    names().every((name) => /^big-20(?!01)\d\d-.*\.log\.gz$/.test(name)),
    names().join(" "),
  );
  log.close();
});
