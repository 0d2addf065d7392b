/** Two organizations and their people on a server of `bin/meshplane`, over the wire alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { roleAssignees, roleObject, accountObject, userOf } from "@meshplane/apis/platform-mesh";
import { type RunningServer, startServer } from "../support/start-server.ts";

export interface Answer {
  code: number;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into whatever comes
  body: any;
}

export interface Tuple {
  object: string;
  relation: string;
  user: string;
}

/** everybody who calls; the token is the name of the property */
export const people = {
  founder: "founder@acme.example",
  member: "mel@acme.example",
  rita: "rita@rival.example",
  outsider: "mallory@elsewhere.example",
  provider: "pia@provider.example",
  nick: "nick@acme.example",
  dotted: "system.serviceaccount.default.ci",
  percent: "system%2Eserviceaccount%2Edefault%2Eci",
  admin: "system.admin",
  star: "*",
  userset: "role:core_platform-mesh_io_account/x/acme/owner#assignee",
} as const;
export type Person = keyof typeof people;

export const core = "/apis/core.platform-mesh.io/v1alpha1";
export const rbac = "/apis/rbac.authorization.k8s.io/v1";
export const apis = "/apis/apis.kcp.io/v1alpha2";
export const tenancy = "/apis/tenancy.kcp.io/v1alpha1";

export interface PlatformWorld {
  server: RunningServer;
  /** who calls; `administrator`: of all workspaces */
  as(who: Person | "administrator", method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** logical cluster of a workspace */
  cluster(path: string): Promise<string>;
  fga(method: string, path: string, body?: unknown): Promise<Answer>;
  storeId(organization: string): Promise<string>;
  tuples(organization: string): Promise<Tuple[]>;
  writeTuples(organization: string, change: { writes?: Tuple[]; deletes?: Tuple[] }): Promise<void>;
  /** tuples that give a role on an account */
  role(originCluster: string, account: string, role: "owner" | "member", user: string): Tuple[];
  close(): Promise<void>;
}

export interface WorldOptions {
  flags?: string[];
  /** of the engine, when it is not the embedded one */
  openfgaUrl?: string;
}

export async function platformWorld({ flags = [], openfgaUrl }: WorldOptions = {}): Promise<PlatformWorld> {
  const folder = mkdtempSync(join(tmpdir(), "meshplane-platform-"));
  const tokens = join(folder, "tokens.csv");
  const users = Object.entries(people).map(([token, name], at) => `${token}-token,"${name}",u${at},`);
  writeFileSync(tokens, `${users.join("\n")}\n`, { mode: 0o600 });
  const server = await startServer({
    binary: "meshplane",
    rootDirectory: join(folder, "root"),
    flags: [
      ...["--token-auth-file", tokens],
      ...(openfgaUrl ? ["--openfga-url", openfgaUrl] : ["--openfga-http-addr", "127.0.0.1:0"]),
      ...flags,
    ],
  });
  const administrator = /token: (\S+)/.exec(readFileSync(server.kubeconfig, "utf8"))![1]!;
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const engine = openfgaUrl ?? `http://${/OpenFGA HTTP API at (\S+)/.exec(server.output())?.[1]}`;

  const world: PlatformWorld = {
    server,
    as(who, method, path, body, headers = {}) {
      const token = who === "administrator" ? administrator : `${who}-token`;
      return new Promise((resolve, reject) => {
        const patch = method === "PATCH" ? "application/merge-patch+json" : "application/json";
        const call = request(
          new URL(path.startsWith("/clusters/") || path.startsWith("/services/") ? path : `/clusters/${path}`, server.url),
          { method, agent, headers: { authorization: `Bearer ${token}`, "content-type": patch, ...headers }, timeout: 30_000 },
          (answer) => collect(answer, resolve),
        );
        call.on("timeout", () => call.destroy(new Error(`no answer to ${method} ${path}`)));
        call.on("error", reject);
        call.end(body === undefined ? undefined : JSON.stringify(body));
      });
    },
    async cluster(path) {
      const answer = await world.as("administrator", "GET", `${path}/apis/core.kcp.io/v1alpha1/logicalclusters/cluster`);
      return answer.body.metadata.annotations["kcp.io/cluster"] as string;
    },
    fga: (method, path, body) =>
      new Promise((resolve, reject) => {
        const call = httpRequest(new URL(path, engine), { method, headers: { "content-type": "application/json" } }, (answer) =>
          collect(answer, resolve),
        );
        call.on("error", reject);
        call.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    async storeId(organization) {
      return (await world.as("administrator", "GET", `root:orgs${core}/stores/${organization}`)).body.status.storeId as string;
    },
    async tuples(organization) {
      const found: Tuple[] = [];
      for (let token = ""; ;) {
        const page = await world.fga("POST", `/stores/${await world.storeId(organization)}/read`, {
          page_size: 100,
          continuation_token: token,
        });
        found.push(...(page.body.tuples as { key: Tuple }[]).map(({ key: { object, relation, user } }) => ({ object, relation, user })));
        token = page.body.continuation_token as string;
        if (!token) return found;
      }
    },
    async writeTuples(organization, { writes, deletes }) {
      const answer = await world.fga("POST", `/stores/${await world.storeId(organization)}/write`, {
        ...(writes ? { writes: { tuple_keys: writes, on_duplicate: "ignore" } } : {}),
        ...(deletes ? { deletes: { tuple_keys: deletes, on_missing: "ignore" } } : {}),
      });
      if (answer.code !== 200) throw new Error(answer.text);
    },
    role(originCluster, account, role, user) {
      const id = roleObject("core_platform-mesh_io_account", originCluster, account, role);
      return [
        { object: id, relation: "assignee", user: userOf(user) },
        { object: accountObject(originCluster, account), relation: role, user: roleAssignees(id) },
      ];
    },
    async close() {
      agent.destroy();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  // ready is when people may come
  const first = await world.as("outsider", "GET", `root:orgs${core}/accounts`);
  if (first.code !== 200) throw new Error(`the first request: ${first.code} ${first.text}`);
  return world;
}

function collect(answer: NodeJS.ReadableStream & { statusCode?: number | undefined }, resolve: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  const done = () => {
    const text = Buffer.concat(chunks).toString("utf8");
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    resolve({ code: answer.statusCode ?? 0, text, body });
  };
  answer.on("end", done);
  answer.on("error", done);
}

/** Looks until it is so. @returns what it saw last */
export async function until<T>(what: string, look: () => Promise<T>, good: (seen: T) => boolean, withinMs = 20_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (good(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms; last: ${JSON.stringify(seen)?.slice(0, 2000)}`);
    await sleep(25);
  }
}

// oxlint-disable-next-line typescript/no-explicit-any
export const isReady = ({ body }: Answer): boolean =>
  (body?.status?.conditions ?? []).some((one: any) => one.type === "Ready" && one.status === "True");

/** An account of somebody, once it is ready. */
export async function makeAccount(
  world: PlatformWorld,
  who: Person | "administrator",
  workspace: string,
  name: string,
  type = "account",
): Promise<Answer> {
  const made = await world.as(who, "POST", `${workspace}${core}/accounts`, account(name, type));
  if (made.code !== 201) throw new Error(`account ${name}: ${made.code} ${made.text}`);
  return until(`account ${name}`, () => world.as("administrator", "GET", `${workspace}${core}/accounts/${name}`), isReady, 30_000);
}

export const account = (name: string, type = "account", more: Record<string, unknown> = {}) => ({
  apiVersion: "core.platform-mesh.io/v1alpha1",
  kind: "Account",
  metadata: { name },
  spec: { type, displayName: name, ...more },
});
