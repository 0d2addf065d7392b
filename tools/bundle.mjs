// One bundle per binary, in dist/: a start from TypeScript source costs about 0.4 s and twice the memory (docs/adr/0003).
// `--if-stale` compares a hash of all sources first. The programs in bin/ call this when a source file is newer than the bundle.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stamp = join(dist, ".sources");

const entries = {
  meshplane: "cmd/meshplane/src/main.ts",
  kcp: "cmd/kcp/src/main.ts",
  openfga: "cmd/openfga/src/main.ts",
  "yaml-worker": "packages/apiserver/src/yaml/yaml-worker.ts",
};

function sources() {
  const found = [join(root, "package-lock.json"), fileURLToPath(import.meta.url)];
  for (const room of ["packages", "operators", "identity", "cmd"])
    for (const file of readdirSync(join(root, room), { recursive: true }))
      if (/\.(ts|json)$/.test(file) && !/(^|\/)(node_modules|testing)\/|\.test\.ts$/.test(file)) found.push(join(root, room, file));
  return found.sort();
}

const hash = createHash("sha256");
for (const file of sources()) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
const wanted = hash.digest("hex");

if (process.argv.includes("--if-stale") && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
  writeFileSync(stamp, wanted); // newer than every source again, so that bin/ need not ask a second time
  process.exit(0);
}

const { build } = await import("esbuild");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await build({
  entryPoints: Object.fromEntries(
    Object.entries(entries)
      .filter(([, path]) => existsSync(join(root, path)))
      .map(([name, path]) => [name, join(root, path)]),
  ),
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // CommonJS that loads on demand does not survive bundling: certificates are made once, gRPC is for etcd alone
  external: ["@peculiar/x509", "reflect-metadata", "@grpc/grpc-js", "@grpc/proto-loader"],
  splitting: true, // what loads on first use stays a file of its own
  format: "esm",
  platform: "node",
  target: "node26",
  keepNames: false,
  legalComments: "none",
  chunkNames: "chunks/[name]-[hash]",
  // CommonJS packages inside an ES module bundle ask for these
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url); import { fileURLToPath as __toPath } from "node:url"; import { dirname as __dirOf } from "node:path"; const __filename = __toPath(import.meta.url); const __dirname = __dirOf(__filename);',
  },
  loader: { ".proto": "text" },
  logLevel: "error",
});
writeFileSync(stamp, wanted);
