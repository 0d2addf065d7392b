/** `meshplane`: one program, its faces by the first word. Every face loads on demand. */
import { runStart } from "./start/run-start.ts";

const faces: Record<string, { help: string; run: (argv: string[]) => Promise<number> }> = {
  start: {
    help: "start the control plane and the Platform Mesh layer on it (what npm start runs)",
    run: (argv) => runStart(argv, { program: "meshplane start", defaultRoot: ".meshplane", platformMesh: true }),
  },
  operator: {
    help: "one operator of the Platform Mesh layer, as a process of its own, against any kcp",
    run: async (argv) => (await import("./operator/run-operator.ts")).runOperator(argv),
  },
  ws: {
    help: "kubectl ws: move between workspaces, make them",
    run: (argv) => plugin(async () => (await import("./plugins/ws.ts")).runWs(argv)),
  },
  kcp: {
    help: "kubectl kcp: bind APIs, answer claims",
    run: (argv) => plugin(async () => (await import("./plugins/kcp.ts")).runKcp(argv)),
  },
  login: {
    help: "sign in for kubectl: get-token, kubeconfig",
    run: (argv) => plugin(async () => (await import("./login/run-login.ts")).runLogin(argv)),
  },
  why: {
    help: "why somebody may, or may not, do something in a workspace",
    run: (argv) => plugin(async () => (await import("./why/run-why.ts")).runWhy(argv)),
  },
  version: { help: "print the version", run: async () => (console.log((await import("./version.ts")).version.gitVersion), 0) },
};

async function plugin(run: () => Promise<number>): Promise<number> {
  return (await import("./plugins/run-plugin.ts")).runPlugin(run);
}

const [face, ...rest] = process.argv.slice(2);
if (face !== undefined && Object.hasOwn(faces, face)) process.exitCode = await faces[face]!.run(rest);
else {
  const rows = Object.entries(faces).map(([name, { help }]) => `  ${name.padEnd(12)} ${help}`);
  const text = `Meshplane: Platform Mesh in one program.\n\nUsage: meshplane <command> [flags]\n\n${rows.join("\n")}\n\nmeshplane start --help lists the flags.`;
  if (face === undefined || face === "--help" || face === "-h" || face === "help") console.log(text);
  else {
    console.error(`unknown command ${JSON.stringify(face)}\n\n${text}`);
    process.exitCode = 1;
  }
}
