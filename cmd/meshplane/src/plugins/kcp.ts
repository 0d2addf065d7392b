/** `kubectl kcp`: binding APIs and answering claims. Drop-in for upstream's plugin, as far as listed in its usage. @see spec apis-served §5 */
import { decodeYaml, encodeYaml, type JsonObject, type KubeObject } from "@meshplane/apimachinery";
import { apiResourceSchemaFromCrd, type AcceptablePermissionClaim, type APIBinding, type APIExport } from "@meshplane/apis";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openSession, type Session } from "./session.ts";

const usage = `Usage: kubectl kcp <command>

  bind apiexport <path:name> [--name N] [--accept-permission-claim resource.group]… [--reject-permission-claim resource.group]…
                             [--accept-all-permission-claims] [--reject-all-permission-claims] [--timeout SECONDS]
  claims get apibinding [name]
  claims accept|reject <binding> [--resource resource.group] [--identity-hash H]
  crd snapshot -f FILE --prefix P
  workspace …                as kubectl ws

  --kubeconfig FILE, --context NAME, -w PATH`;

const bindings = { group: "apis.kcp.io", version: "v1alpha2", resource: "apibindings" };
const exportsV2 = { group: "apis.kcp.io", version: "v1alpha2", resource: "apiexports" };

export async function runKcp(argv: string[]): Promise<number> {
  if (argv[0] === "workspace" || argv[0] === "ws") return (await import("./ws.ts")).runWs(argv.slice(1));
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      kubeconfig: { type: "string" },
      context: { type: "string" },
      workspace: { type: "string", short: "w" },
      help: { type: "boolean", short: "h" },
      name: { type: "string" },
      "accept-permission-claim": { type: "string", multiple: true, default: [] },
      "reject-permission-claim": { type: "string", multiple: true, default: [] },
      "accept-all-permission-claims": { type: "boolean" },
      "reject-all-permission-claims": { type: "boolean" },
      timeout: { type: "string", default: "30" },
      resource: { type: "string" },
      "identity-hash": { type: "string" },
      filename: { type: "string", short: "f" },
      prefix: { type: "string" },
    },
  });
  const [area, action, subject] = positionals;
  if (values.help || !area) return say(usage);
  if (area === "crd" && action === "snapshot") return snapshot(values.filename, values.prefix);
  const session = await openSession(values);
  try {
    if (area === "bind" && action === "apiexport" && subject) return await bind(session, subject, values);
    if (area === "claims" && action === "get") return await showClaims(session, positionals[3]);
    if (area === "claims" && (action === "accept" || action === "reject") && subject)
      return await answerClaims(session, subject, action === "accept" ? "Accepted" : "Rejected", values);
  } finally {
    session.client.close();
  }
  throw new Error(`unknown command ${JSON.stringify(positionals.join(" "))}\n\n${usage}`);
}

interface BindFlags {
  name?: string;
  timeout: string;
  "accept-permission-claim": string[];
  "reject-permission-claim": string[];
  "accept-all-permission-claims"?: boolean;
  "reject-all-permission-claims"?: boolean;
}

async function bind(session: Session, reference: string, flags: BindFlags): Promise<number> {
  const colon = reference.lastIndexOf(":");
  if (colon <= 0) throw new Error(`${JSON.stringify(reference)}: <workspace path>:<export name> is wanted`);
  const [path, exportName] = [reference.slice(0, colon).replace(/^:/, ""), reference.slice(colon + 1)];
  const claims: AcceptablePermissionClaim[] = [];
  const add = (texts: readonly string[], state: "Accepted" | "Rejected") => {
    for (const text of texts) claims.push(claimOf(parseGroupResource(text), state));
  };
  add(flags["accept-permission-claim"], "Accepted");
  add(flags["reject-permission-claim"], "Rejected");
  if (flags["accept-all-permission-claims"] || flags["reject-all-permission-claims"]) {
    const apiExport = await session.at(path).resource<APIExport & KubeObject>(exportsV2).get(exportName);
    for (const claim of apiExport.spec?.permissionClaims ?? [])
      claims.push({
        ...claimOf({ group: claim.group ?? "", resource: claim.resource }, flags["accept-all-permission-claims"] ? "Accepted" : "Rejected"),
        verbs: claim.verbs,
        ...(claim.identityHash ? { identityHash: claim.identityHash } : {}),
      });
  }
  const name = flags.name ?? exportName;
  const client = session.at(session.workspace).resource<APIBinding & KubeObject>(bindings);
  await client.create({
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: "APIBinding",
    metadata: { name },
    spec: { reference: { export: { path, name: exportName } }, ...(claims.length ? { permissionClaims: claims } : {}) },
  });
  const deadline = performance.now() + Number(flags.timeout) * 1000;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 500)) {
    const { status } = await client.get(name);
    if (status?.phase === "Bound") return say(`apibinding ${name} created and bound.`);
    if (performance.now() > deadline)
      throw new Error(
        `apibinding ${name} was created, but is not bound after ${flags.timeout} s: ${status?.conditions?.find((c) => c.status === "False")?.message ?? "no reason given"}`,
      );
    await sleep(pause);
  }
}

const claimOf = ({ group, resource }: { group: string; resource: string }, state: "Accepted" | "Rejected"): AcceptablePermissionClaim =>
  ({ group, resource, verbs: ["*"], selector: { matchAll: true }, state }) as AcceptablePermissionClaim;

/** `secrets` or `secrets.core` → the core group; `widgets.example.io` → that group */
function parseGroupResource(text: string): { group: string; resource: string } {
  const dot = text.indexOf(".");
  const group = dot < 0 ? "" : text.slice(dot + 1);
  return { resource: dot < 0 ? text : text.slice(0, dot), group: group === "core" ? "" : group };
}

async function showClaims(session: Session, name: string | undefined): Promise<number> {
  const client = session.at(session.workspace).resource<APIBinding & KubeObject>(bindings);
  const items = name ? [await client.get(name)] : (await client.list()).items;
  const rows = [["APIBINDING", "GROUP-RESOURCE", "VERBS", "STATUS"]];
  for (const { metadata, spec } of items)
    for (const claim of spec.permissionClaims ?? [])
      rows.push([metadata.name!, `${claim.resource}.${claim.group ?? ""}`.replace(/\.$/, ""), (claim.verbs ?? []).join(","), claim.state]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)) + 3);
  return say(
    rows
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("")
          .trimEnd(),
      )
      .join("\n"),
  );
}

async function answerClaims(
  session: Session,
  name: string,
  state: "Accepted" | "Rejected",
  flags: { resource?: string; "identity-hash"?: string },
): Promise<number> {
  const client = session.at(session.workspace).resource<APIBinding & KubeObject>(bindings);
  const binding = await client.get(name);
  const only = flags.resource ? parseGroupResource(flags.resource) : undefined;
  const concerned = (claim: { group?: string; resource: string; identityHash?: string }) =>
    (!only || (claim.resource === only.resource && (claim.group ?? "") === only.group)) &&
    (!flags["identity-hash"] || claim.identityHash === flags["identity-hash"]);
  const claims = [...(binding.spec.permissionClaims ?? [])].map((claim) =>
    concerned(claim) ? { ...claim, state } : claim,
  ) as AcceptablePermissionClaim[];
  for (const asked of binding.status?.exportPermissionClaims ?? [])
    if (
      concerned(asked) &&
      !claims.some(
        (c) =>
          c.resource === asked.resource && (c.group ?? "") === (asked.group ?? "") && (c.identityHash ?? "") === (asked.identityHash ?? ""),
      )
    )
      claims.push({
        ...claimOf({ group: asked.group ?? "", resource: asked.resource }, state),
        verbs: asked.verbs,
        ...(asked.identityHash ? { identityHash: asked.identityHash } : {}),
      });
  await client.update({ ...binding, spec: { ...binding.spec, permissionClaims: claims } });
  return say(`claims of apibinding ${name}: ${claims.filter(concerned).length} ${state.toLowerCase()}.`);
}

function snapshot(file: string | undefined, prefix: string | undefined): number {
  if (!file || !prefix) throw new Error("-f FILE and --prefix P are wanted");
  const text = readFileSync(file === "-" ? 0 : file, "utf8");
  for (const part of text.split(/^---\s*$/m)) {
    if (!part.trim()) continue;
    const { value } = decodeYaml(part);
    say(`---\n${encodeYaml(apiResourceSchemaFromCrd(value as JsonObject as never, prefix))}`.trimEnd());
  }
  return 0;
}

const say = (text: string): number => {
  console.log(text);
  return 0;
};
