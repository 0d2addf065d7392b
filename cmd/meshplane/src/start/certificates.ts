/**
 * The server's own certificate authority and serving certificate, made once and kept in the root directory (`ca.crt`, `ca.key`, `apiserver.crt`, `apiserver.key`).
 * The serving certificate is made anew when it is about to end or lacks a name.
 */
import { X509Certificate, webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { writePrivateFile } from "./private-file.ts";

export interface ServingCertificate {
  /** PEM */
  ca: string;
  cert: string;
  key: string;
}

const day = 86_400_000;

export async function servingCertificate(directory: string, hosts: readonly string[], now: number): Promise<ServingCertificate> {
  const files = {
    ca: join(directory, "ca.crt"),
    caKey: join(directory, "ca.key"),
    cert: join(directory, "apiserver.crt"),
    key: join(directory, "apiserver.key"),
  };
  if (existsSync(files.ca) && existsSync(files.cert) && existsSync(files.key)) {
    const cert = readFileSync(files.cert, "utf8");
    if (stillGood(cert, hosts, now)) return { ca: readFileSync(files.ca, "utf8"), cert, key: readFileSync(files.key, "utf8") };
  }
  // loading the library takes longer than the rest of the start: only when a certificate has to be made
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const crypto = webcrypto as unknown as Crypto;
  x509.cryptoProvider.set(crypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pem = async (key: CryptoKey) => x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
  const serial = () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(15)))
      .toString("hex")
      .replace(/^[89a-f]/, "7");

  let caCert: InstanceType<typeof x509.X509Certificate>;
  let caKey: CryptoKey;
  if (existsSync(files.ca) && existsSync(files.caKey)) {
    caCert = new x509.X509Certificate(readFileSync(files.ca, "utf8"));
    const der = x509.PemConverter.decodeFirst(readFileSync(files.caKey, "utf8"));
    caKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  } else {
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    caKey = keys.privateKey;
    caCert = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: "CN=meshplane-ca",
      notBefore: new Date(now - day),
      notAfter: new Date(now + 3650 * day),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    writePrivateFile(files.ca, caCert.toString("pem"), 0o644);
    writePrivateFile(files.caKey, await pem(caKey));
  }
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: "CN=meshplane",
    issuer: caCert.subject,
    notBefore: new Date(now - day),
    notAfter: new Date(now + 825 * day),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: caKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }))),
      await x509.AuthorityKeyIdentifierExtension.create(caCert.publicKey),
    ],
  });
  const made = {
    ca: caCert.toString("pem") + "\n",
    cert: cert.toString("pem") + "\n" + caCert.toString("pem") + "\n",
    key: await pem(keys.privateKey),
  };
  writePrivateFile(files.cert, made.cert, 0o644);
  writePrivateFile(files.key, made.key);
  return made;
}

function stillGood(pem: string, hosts: readonly string[], now: number): boolean {
  try {
    const cert = new X509Certificate(pem);
    if (Date.parse(cert.validTo) < now + 30 * day) return false;
    return hosts.every((host) => (isIP(host) ? cert.checkIP(host) : cert.checkHost(host)) !== undefined);
  } catch {
    return false; // unreadable: made anew
  }
}
