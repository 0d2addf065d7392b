// All the set-up that `npm start` and `npm test` need, on any Node from 20 on: the packages of the lock file (the pinned Node among
// them) and the bundles. Does nothing when nothing changed. Runs before any dependency is there, so it uses Node alone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".meshplane-installed");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;

if (!installed) {
  process.stderr.write("meshplane: installing what it needs (once) …\n");
  const started = Date.now();
  // not through npm's own lifecycle: a nested npm inherits variables of the outer one, which it must not obey
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(prefix|workspace|dry_run)|lifecycle|package|command)/.test(name)),
  );
  const npm = spawnSync("npm", ["ci", "--include=dev", "--include=optional", "--loglevel=error"], {
    cwd: root,
    env,
    stdio: ["ignore", 2, 2],
  });
  if (npm.error || npm.status !== 0) {
    process.stderr.write(
      `meshplane: the installation failed (${npm.error?.message ?? `npm ci ended with ${npm.status}`}); see npm's lines above, then try again\n`,
    );
    process.exit(1);
  }
  if (!existsSync(join(root, "node_modules", ".bin", "node"))) {
    process.stderr.write(
      `meshplane: no packaged Node for ${process.platform}-${process.arch}; Linux and macOS on x64 and arm64 are supported\n`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`meshplane: installed in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

const bundle = spawnSync(join(root, "node_modules", ".bin", "node"), [join(root, "tools", "bundle.mjs"), "--if-stale"], {
  stdio: ["ignore", 2, 2],
});
if (bundle.status !== 0) process.stderr.write("meshplane: no bundle could be made; running from source (slower to start)\n");
