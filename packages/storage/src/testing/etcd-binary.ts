import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../../../../tools/etcd", import.meta.url));
const cached = fileURLToPath(new URL("../../../../node_modules/.cache/etcd/etcd", import.meta.url));

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The etcd to test with: `$ETCD`, one on the PATH, or the one that `buildEtcd` made; undefined when there is none. */
export function findEtcd(): string | undefined {
  if (process.env.ETCD) return process.env.ETCD;
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "etcd"));
  return [...onPath, cached].find(isExecutable);
}

/** Builds etcd from the sources that Go's module proxy has: a minute or two the first time. @throws Error without Go, or when it fails */
export function buildEtcd(): string {
  mkdirSync(join(cached, ".."), { recursive: true });
  const build = spawnSync("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", cached, "."], {
    cwd: sources,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
  });
  if (build.error) throw new Error(`etcd cannot be built: ${build.error.message}`, { cause: build.error });
  if (build.status !== 0) throw new Error(`go build of etcd ended with ${build.status}`);
  return cached;
}
