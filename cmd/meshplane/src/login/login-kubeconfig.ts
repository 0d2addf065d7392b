/** `meshplane login kubeconfig`: a kubeconfig for a workspace whose user signs in with get-token. */
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { accountInfoName, type AccountInfo, accountInfos } from "@meshplane/apis/platform-mesh";
import { resourceType, typed } from "@meshplane/client";
import { stringify } from "yaml";
import { openSession } from "../plugins/session.ts";

export const kubeconfigUsage = `Usage: meshplane login kubeconfig [-w PATH] [flags]

Writes a kubeconfig for a workspace of an organization; whoever uses it signs in with the organization's issuer.
What is not given is read from the workspace's AccountInfo with the kubeconfig at hand.

  -w, --workspace PATH           root:orgs:acme; by default the current one
  --server URL                   of the API, without /clusters/…
  --certificate-authority FILE   of the API, and of the issuer
  --issuer-url URL, --client-id ID, --device
  -o, --output FILE              by default standard output
  --kubeconfig FILE, --context NAME`;

const { group, versions, names } = accountInfos;
const accountInfoType = resourceType<AccountInfo>({
  group,
  version: versions[0]!.name,
  resource: names.plural,
  kind: names.kind,
});

export async function runLoginKubeconfig(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      workspace: { type: "string", short: "w" },
      server: { type: "string" },
      "certificate-authority": { type: "string" },
      "issuer-url": { type: "string" },
      "client-id": { type: "string" },
      device: { type: "boolean" },
      output: { type: "string", short: "o" },
      kubeconfig: { type: "string" },
      context: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return (console.log(kubeconfigUsage), 0);
  const session = await openSession(values);
  try {
    const path = session.workspace;
    let issuerUrl = values["issuer-url"];
    let clientId = values["client-id"];
    let ca = "";
    if (!issuerUrl || !clientId || !values["certificate-authority"]) {
      const info = await typed(session.at(path), accountInfoType).get(accountInfoName);
      const { oidc, clusterInfo } = info.spec;
      issuerUrl ??= oidc?.issuerUrl;
      const clients = oidc?.clients ?? {};
      clientId ??= Object.hasOwn(clients, "kubectl") ? clients["kubectl"]?.clientId : undefined;
      ca = clusterInfo.ca;
    }
    if (!issuerUrl || !clientId)
      throw new Error(`the organization of ${path} has no issuer yet; try again, or use --issuer-url and --client-id`);
    const text = stringify(
      kubeconfigOf({ server: `${values.server ?? session.url.base}/clusters/${path}`, path, issuerUrl, clientId, ca, values }),
      { lineWidth: 0 },
    );
    if (values.output) writeFileSync(values.output, text, { mode: 0o600 });
    else process.stdout.write(text);
    return 0;
  } finally {
    session.client.close();
  }
}

interface Parts {
  server: string;
  path: string;
  issuerUrl: string;
  clientId: string;
  /** PEM; empty when a file is named */
  ca: string;
  values: { "certificate-authority"?: string | undefined; device?: boolean | undefined };
}

function kubeconfigOf({ server, path, issuerUrl, clientId, ca, values }: Parts) {
  const file = values["certificate-authority"];
  const data = Buffer.from(ca).toString("base64");
  const trust = file ? [`--certificate-authority=${file}`] : data ? [`--certificate-authority-data=${data}`] : [];
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: path,
        cluster: { server, ...(file ? { "certificate-authority": file } : data ? { "certificate-authority-data": data } : {}) },
      },
    ],
    users: [
      {
        name: "oidc",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            command: programPath(),
            args: [
              "login",
              "get-token",
              `--issuer-url=${issuerUrl}`,
              `--client-id=${clientId}`,
              ...trust,
              ...(values.device ? ["--device"] : []),
            ],
            interactiveMode: "IfAvailable",
            installHint: "The meshplane command signs you in; add its bin folder to your PATH.",
          },
        },
      },
    ],
    contexts: [{ name: path, context: { cluster: path, user: "oidc" } }],
    "current-context": path,
  };
}

/** the script beside whatever of us runs, bundle or source; else as the PATH finds it */
function programPath(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const script = join(folder, "bin", "meshplane");
    if (existsSync(script)) return script;
  }
  return "meshplane";
}
