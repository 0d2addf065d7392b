/** The kubectl plugins of bin/, as kubectl calls them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { haveKubectl, shell } from "../support/kubectl.ts";
import { repository, startServer, type RunningServer } from "../support/start-server.ts";

const skip = haveKubectl ? false : "no kubectl";
const example = join(repository, "examples", "httpbin-provider");
let server: RunningServer;
before(async () => {
  if (haveKubectl) server = await startServer({ binary: "meshplane", flags: ["--platform-mesh=false"] });
});
after(() => server?.stop("SIGKILL"));

/** in this order: each line finds what those before it left */
const lines: [line: string, said: RegExp, code?: number][] = [
  ["kubectl ws .", /^Current workspace is 'root'\.\n$/],
  [
    "kubectl create workspace providers --enter",
    /created\. Ready to use\.\nCurrent workspace is 'root:providers' \(type root:organization\)/,
  ],
  ["kubectl create workspace httpbin --type=universal", /"httpbin" \(type root:universal\) created/],
  ["kubectl create workspace httpbin", /already exists/, 1],
  [
    "kubectl create workspace httpbin --ignore-existing --enter",
    /already exists\. Ready to use\.\nCurrent workspace is 'root:providers:httpbin'/,
  ],
  ["kubectl create workspace", /a name is wanted/, 1],
  ["kubectl create workspace a b", /unexpected argument "b"/, 1],
  ["kubectl create workspace --help", /Usage: kubectl create workspace <name>/],
  ["kubectl ws --nonsense", /unknown flag: --nonsense/, 1],
  [`kubectl apply -f ${example}/config`, /apiexport.*created/],
  ["kubectl ws ..", /'root:providers'/],
  ["kubectl ws -", /'root:providers:httpbin'/],
  ["kubectl ws :root:nowhere", /workspace "root:nowhere" not found/, 1],
  ["kubectl ws . --short", /^root:providers:httpbin\n$/],
  ["kubectl ws :root", /'root'/],
  ["kubectl ws tree", /└── root\n {4}└── providers\n {8}└── httpbin\n/],
  ["kubectl create workspace consumer --enter", /'root:consumer'/],
  [
    "kubectl kcp bind apiexport root:providers:httpbin:orchestrate.platform-mesh.io --name bins --accept-all-permission-claims",
    /bins created and bound/,
  ],
  ["kubectl kcp claims get apibinding bins", /bins\s+secrets\s+\S+\s+Accepted/],
  ["kubectl kcp claims reject bins --resource secrets", /1 rejected/],
  ["kubectl kcp claims get apibinding", /bins\s+secrets\s+\S+\s+Rejected/],
  ["kubectl kcp bind apiexport root:providers:httpbin:nothing", /[Ff]orbidden|no permission/, 1],
  ["kubectl ws create-context here && kubectl config current-context", /Created context "here" and switched to it\.\nhere\n/],
  ["kubectl ws create-context here", /use --overwrite/, 1],
  ["kubectl ws create-context here --overwrite", /Updated context "here"/],
  ["kubectl ws", /Current workspace is '[a-z0-9]+'/],
];

for (const [line, said, code = 0] of lines)
  test(line, { skip }, async () => {
    const answer = await shell(server, line);
    assert.equal(answer.code, code, answer.stdout + answer.stderr);
    assert.match(answer.stdout + answer.stderr, said);
  });
