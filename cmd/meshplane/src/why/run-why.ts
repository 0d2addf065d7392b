/** `meshplane why`: why somebody may, or may not, do something in a workspace. */
import { parseArgs } from "node:util";
import { StatusError, type JsonObject } from "@meshplane/apimachinery";
import type { HttpClusterClient } from "@meshplane/client";
import { openSession } from "../plugins/session.ts";
import { printExplanation, type ReviewExplanation } from "./print-explanation.ts";

const usage = `Usage: meshplane why --as USER [--as-group G]... VERB RESOURCE[.GROUP][/NAME] | /PATH [-n NAMESPACE] [-w WORKSPACE]

Why may this user do that there, or why not: each authorizer's answer in order, and the relationships that decided.
Whoever asks must be allowed to create subjectaccessreviews in the workspace.

  --as USER          whom it is about
  --as-group G       a group of theirs; system:authenticated is assumed
  -n, --namespace N  where the object lies
  -w PATH            the workspace; default: that of the kubeconfig's context
  -o json            the explanation as it was answered
  --kubeconfig FILE, --context NAME

Ends with 0 when it is allowed and 1 when it is not.`;

/** @returns the exit code */
export async function runWhy(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      kubeconfig: { type: "string" },
      context: { type: "string" },
      workspace: { type: "string", short: "w" },
      namespace: { type: "string", short: "n" },
      as: { type: "string" },
      "as-group": { type: "string", multiple: true },
      output: { type: "string", short: "o" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [verb, what, ...rest] = positionals;
  if (values.help || !verb || !what || rest.length > 0 || !values.as) {
    console[values.help ? "log" : "error"](usage);
    return values.help ? 0 : 2;
  }
  const session = await openSession(values);
  try {
    const workspace = session.at(session.workspace);
    const asked = what.startsWith("/")
      ? { nonResourceAttributes: { verb, path: what } }
      : { resourceAttributes: await attributesOf(workspace, verb, what, values.namespace) };
    const answer = (await workspace.request({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: { annotations: { "meshplane.io/explain": "true" } },
        spec: { user: values.as, groups: [...new Set([...(values["as-group"] ?? []), "system:authenticated"])], ...asked },
      },
    })) as unknown as { metadata?: { annotations?: Record<string, string> }; status: { allowed: boolean; reason?: string } };
    const text = answer.metadata?.annotations?.["meshplane.io/explanation"];
    if (!text) {
      console.log(`${answer.status.allowed ? "allowed" : "not allowed"}${answer.status.reason ? `: ${answer.status.reason}` : ""}`);
      console.log("This server does not say why.");
    } else if (values.output === "json") console.log(text);
    else console.log(printExplanation(`${values.as} ${verb} ${what}`, answer.status.allowed, JSON.parse(text) as ReviewExplanation));
    return answer.status.allowed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    console.error(`Error: ${error.message}`);
    return 1;
  } finally {
    session.client.close();
  }
}

/** `deployments.apps/web` → its parts; a resource without a group is looked for in discovery */
async function attributesOf(workspace: HttpClusterClient, verb: string, what: string, namespace = ""): Promise<JsonObject> {
  const slash = what.indexOf("/");
  const [type, name] = slash < 0 ? [what, ""] : [what.slice(0, slash), what.slice(slash + 1)];
  const dot = type.indexOf(".");
  const [resource, given] = dot < 0 ? [type, undefined] : [type.slice(0, dot), type.slice(dot + 1)];
  const group = given ?? (await groupOf(workspace, resource));
  return { verb, group, version: "*", resource, ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) };
}

async function groupOf(workspace: HttpClusterClient, resource: string): Promise<string> {
  type Served = { resources?: { name: string }[] };
  const has = async (path: string): Promise<boolean> =>
    ((await workspace.request({ method: "GET", path })) as unknown as Served).resources?.some(({ name }) => name === resource) ?? false;
  if (await has("/api/v1")) return "";
  const { groups = [] } = (await workspace.request({ method: "GET", path: "/apis" })) as unknown as {
    groups?: { name: string; preferredVersion?: { groupVersion: string } }[];
  };
  for (const { name, preferredVersion } of groups)
    if (preferredVersion && (await has(`/apis/${preferredVersion.groupVersion}`))) return name;
  return "";
}
