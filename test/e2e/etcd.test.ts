/** `--etcd-servers` as an operator uses it: three members behind TLS with client certificates, of which one is gone. */
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { KubeObject } from "@meshplane/apimachinery";
import { createClient, loadKubeconfig } from "@meshplane/client";
import { EtcdProcess, etcdForTests } from "@meshplane/storage/testing";
import { isReady, startServer } from "../support/start-server.ts";

const found = etcdForTests();
const skip = "skip" in found && found.skip;
const scratch = mkdtempSync(join(tmpdir(), "meshplane-etcd-e2e-"));
const file = (name: string): string => join(scratch, name);
let cluster: EtcdProcess[] = [];

before(async () => {
  if (!("binary" in found)) return;
  await makeCertificates();
  const serving = { ca: file("ca.crt"), cert: file("etcd.crt"), key: file("etcd.key") };
  cluster = await EtcdProcess.startCluster(found.binary, 3, serving);
});
after(async () => {
  await Promise.all(cluster.map((etcd) => etcd.stop()));
  rmSync(scratch, { recursive: true, force: true });
});

const etcdFlags = (): string[] => [
  ...["--etcd-servers", cluster.map(({ endpoint }) => endpoint).join(",")],
  ...["--etcd-cafile", file("ca.crt"), "--etcd-certfile", file("client.crt"), "--etcd-keyfile", file("client.key")],
];

const start = () => {
  const rootDirectory = file("root");
  mkdirSync(rootDirectory, { recursive: true });
  return startServer({ binary: "meshplane", flags: etcdFlags(), rootDirectory });
};

async function configMaps(kubeconfig: string) {
  const { config } = await loadKubeconfig({ path: kubeconfig, context: "base" });
  const client = createClient(config);
  return { client, resource: client.cluster("root").resource<KubeObject>({ group: "", version: "v1", resource: "configmaps" }) };
}

const configMap = (name: string): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } });

test("three members behind TLS: it starts while the first is gone, and goes on when the one it uses goes", { skip }, async () => {
  await cluster[0]!.kill();
  const server = await start();
  try {
    const { client, resource } = await configMaps(server.kubeconfig);
    const watched: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { object } of resource.watch({ namespace: "default", signal: stop.signal })) watched.push(object.metadata.name!);
    })().catch(() => {});
    await resource.create(configMap("before"), { namespace: "default" });

    await cluster[0]!.start();
    for (const other of [cluster[1]!, cluster[2]!]) {
      // whichever of the two the server uses, once it is the one that goes
      await other.kill();
      const name = `without-${cluster.indexOf(other)}`;
      for (const end = Date.now() + 20_000; ;) {
        try {
          await resource.create(configMap(name), { namespace: "default" });
          break;
        } catch (error) {
          // unknown outcome, as the server said; the name tells
          if ((error as { reason?: string }).reason === "AlreadyExists") break;
          assert.ok(Date.now() < end, `a write within 20 s of the loss of a member: ${String(error)}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      await other.start();
    }
    const { items } = await resource.list({ namespace: "default" });
    const names = items.map(({ metadata }) => metadata.name);
    for (const name of ["before", "without-1", "without-2"]) assert.ok(names.includes(name), `${name} is there`);
    for (const end = Date.now() + 15_000; !watched.includes("without-2"); await new Promise((resolve) => setTimeout(resolve, 20)))
      assert.ok(Date.now() < end, `the watch goes on: ${watched.join(", ")}`);
    assert.equal(new Set(watched).size, watched.length, "and tells nothing twice");
    stop.abort();
    await watching;
    client.close();
  } finally {
    assert.equal(await server.stop(), 0, server.output());
  }
});

test("without etcd it is not ready, and again when etcd is back", { skip }, async () => {
  const server = await start();
  const ready = async (wanted: boolean): Promise<void> => {
    for (const end = Date.now() + 30_000; (await isReady(server.url)) !== wanted; await new Promise((resolve) => setTimeout(resolve, 100)))
      assert.ok(Date.now() < end, `/readyz says ${wanted ? "ok" : "what is wrong"} in time`);
  };
  try {
    await Promise.all(cluster.map((etcd) => etcd.kill()));
    await ready(false);
    await Promise.all(cluster.map((etcd) => etcd.start()));
    await ready(true);
    const { client, resource } = await configMaps(server.kubeconfig);
    await resource.create(configMap("afterwards"), { namespace: "default" });
    client.close();
  } finally {
    assert.equal(await server.stop(), 0, server.output());
  }
});

test("who has no certificate of etcd's authority is told so", { skip }, async () => {
  const flags = ["--etcd-servers", cluster[0]!.endpoint, "--etcd-cafile", file("ca.crt")];
  await assert.rejects(startServer({ binary: "meshplane", flags }), /etcd at https:.* is not reachable: .*certificate required/);
  writeFileSync(file("no.crt"), "nonsense\n");
  await assert.rejects(
    startServer({ binary: "meshplane", flags: ["--etcd-servers", cluster[0]!.endpoint, "--etcd-cafile", file("no.crt")] }),
    /--etcd-cafile: .* holds no certificate/,
  );
});

/** An authority, a certificate for etcd and one for us. */
async function makeCertificates(): Promise<void> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const generate = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
  const dates = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };
  const authority = await generate();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    serialNumber: "01",
    name: "CN=etcd-ca",
    signingAlgorithm: algorithm,
    keys: authority,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  writeFileSync(file("ca.crt"), ca.toString("pem"));
  for (const [serialNumber, name] of [
    ["02", "etcd"],
    ["03", "client"],
  ] as const) {
    const keys = await generate();
    const certificate = await x509.X509CertificateGenerator.create({
      ...dates,
      serialNumber,
      subject: `CN=${name}`,
      issuer: ca.subject,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      ],
    });
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    writeFileSync(file(`${name}.crt`), certificate.toString("pem"));
    writeFileSync(file(`${name}.key`), x509.PemConverter.encode(key, "PRIVATE KEY"), { mode: 0o600 });
  }
}
