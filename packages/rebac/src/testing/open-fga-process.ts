import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Upstream's release that ours is compared with. */
const version = "v1.18.1";

/** a test run must end in its time on a slow machine too */
const buildMaxMs = 6 * 60_000;
const cache = fileURLToPath(new URL("../../../../node_modules/.cache/openfga", import.meta.url));

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The real OpenFGA to test with: `$OPENFGA`, one on the PATH, or the one that `buildOpenFga` made; undefined when there is none. */
export function findOpenFga(): string | undefined {
  if (process.env.OPENFGA) return process.env.OPENFGA;
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "openfga"));
  return [...onPath, join(cache, "openfga")].find(isExecutable);
}

/** Builds it from the sources that Go's module proxy has: some minutes the first time. @throws Error without Go, or when it fails */
export function buildOpenFga(): string {
  mkdirSync(cache, { recursive: true });
  const build = spawnSync("go", ["install", `github.com/openfga/openfga/cmd/openfga@${version}`], {
    cwd: tmpdir(),
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CGO_ENABLED: "0", GOBIN: cache, GOFLAGS: "-mod=mod" },
    timeout: buildMaxMs,
  });
  if (build.error) throw new Error(`OpenFGA cannot be built: ${build.error.message}`, { cause: build.error });
  if (build.status !== 0) throw new Error(`go install of OpenFGA ended with ${build.status}`);
  return join(cache, "openfga");
}

/** The real OpenFGA for a test, or why the test is skipped. Where CI is set it is built if that can be done. */
export function openFgaForTests(): { binary: string } | { skip: string } {
  const found = findOpenFga();
  if (found !== undefined) return { binary: found };
  if (process.env.CI) {
    try {
      return { binary: buildOpenFga() };
    } catch (error) {
      return { skip: (error as Error).message };
    }
  }
  return { skip: "no OpenFGA: set OPENFGA to one, put it on the PATH, or run tools/openfga/build.ts (it needs Go)" };
}

/** A real OpenFGA on ports of its own, in memory or on a SQLite file. */
export class OpenFgaProcess {
  readonly url: string;
  readonly grpcAddress: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, port: number, grpcPort: number, directory: string) {
    this.#child = child;
    this.pid = child.pid!;
    this.url = `http://127.0.0.1:${port}`;
    this.grpcAddress = `127.0.0.1:${grpcPort}`;
    this.#directory = directory;
  }

  static async start(binary: string, { engine = "memory" }: { engine?: "memory" | "sqlite" } = {}): Promise<OpenFgaProcess> {
    const directory = mkdtempSync(join(tmpdir(), "meshplane-openfga-"));
    const [port, grpcPort] = [await freePort(), await freePort()];
    const datastore = [`--datastore-engine=${engine}`];
    if (engine === "sqlite") {
      const uri = `file:${join(directory, "openfga.db")}`;
      datastore.push(`--datastore-uri=${uri}`);
      const migrated = spawnSync(binary, ["migrate", ...datastore], { stdio: "ignore" });
      if (migrated.status !== 0) throw new Error(`${binary} migrate ended with ${migrated.status}`);
    }
    const child = spawn(
      binary,
      [
        "run",
        ...datastore,
        `--http-addr=127.0.0.1:${port}`,
        `--grpc-addr=127.0.0.1:${grpcPort}`,
        "--playground-enabled=false",
        "--metrics-enabled=false",
        "--log-level=none",
      ],
      { stdio: "ignore" },
    );
    const process = new OpenFgaProcess(child, port, grpcPort, directory);
    for (let i = 0; ; i++) {
      if (
        await fetch(`${process.url}/healthz`).then(
          (response) => response.ok,
          () => false,
        )
      )
        return process;
      if (i > 200 || child.exitCode !== null) {
        await process.stop();
        throw new Error(`${binary} does not answer`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
      this.#child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address ? address.port : 0;
}
