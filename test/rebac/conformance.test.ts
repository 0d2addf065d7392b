/** OpenFGA's own test cases, asked of `bin/openfga` over HTTP by the runner beside the project. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { repository } from "../support/start-server.ts";

const runner = join(repository, "..", "shared", "conformance", "openfga", "run.mjs");

test(
  "every recorded case of OpenFGA holds",
  { skip: existsSync(runner) ? false : "no runner beside the project", timeout: 300_000 },
  async (context) => {
    const [http, grpc] = [await freePort(), await freePort()];
    const server = spawn(
      join(repository, "bin", "openfga"),
      ["run", "--http-addr", `127.0.0.1:${http}`, "--grpc-addr", `127.0.0.1:${grpc}`],
      { stdio: "ignore" },
    );
    try {
      const url = `http://127.0.0.1:${http}`;
      for (let tries = 0; !(await isServing(url)); tries++) {
        assert.ok(tries < 300 && server.exitCode === null, "bin/openfga does not serve");
        await sleep(50);
      }
      const { code, output } = await run(process.execPath, [runner, url]);
      const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? [];
      assert.equal(failed, "0", output.slice(-4_000));
      assert.equal(code, 0);
      assert.ok(Number(passed) > 4_000, "the runner asked something");
      context.diagnostic(`${passed} cases`);
    } finally {
      server.kill();
    }
  },
);

const isServing = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

async function run(command: string, argv: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, argv, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
