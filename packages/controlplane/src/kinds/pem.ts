import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";

interface PemBlock {
  type: string;
  headers: boolean;
  der: Buffer;
}

/** The well-formed blocks of a text; whatever stands between them is skipped. Linear: one pass over the lines. */
function blocksOf(base64: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { type: string; headers: boolean; lines: string[] } | undefined;
  for (const raw of Buffer.from(base64, "base64").toString("latin1").split("\n")) {
    const line = raw.trimEnd();
    if (line.startsWith("-----BEGIN ") && line.endsWith("-----")) open = { type: line.slice(11, -5), headers: false, lines: [] };
    else if (open && line === `-----END ${open.type}-----`) {
      const text = open.lines.join("");
      if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0)
        blocks.push({ type: open.type, headers: open.headers, der: Buffer.from(text, "base64") });
      open = undefined;
    } else if (open && line.includes(": ")) open.headers = true;
    else open?.lines.push(line);
  }
  return blocks;
}

/** What is wrong with `spec.request` of a CSR, in upstream's words; undefined when nothing is. The signature is the signer's affair. */
export function signingRequestProblem(base64: string): string | undefined {
  const block = blocksOf(base64)[0];
  if (!block || block.type !== "CERTIFICATE REQUEST") return "PEM block type must be CERTIFICATE REQUEST";
  // a PKCS #10 request is one SEQUENCE that fills the block
  return derLength(block.der) === block.der.length ? undefined : "asn1: structure error: tags don't match";
}

/** What is wrong with `status.certificate` of a CSR. */
export function certificateProblem(base64: string): string | undefined {
  const blocks = blocksOf(base64);
  for (const { type, headers, der } of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return "no PEM block headers are permitted";
    try {
      void new X509Certificate(der);
    } catch {
      return "x509: malformed certificate";
    }
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}

/** Why a certificate and a private key (base64 of PEM) are no pair for TLS, in Go's words; undefined when they are. */
export function keyPairProblem(certificate: string, key: string): string | undefined {
  const certificates = blocksOf(certificate);
  const leaf = certificates.find(({ type }) => type === "CERTIFICATE");
  if (!leaf) return missing("certificate", '"CERTIFICATE"', certificates);
  const keys = blocksOf(key);
  const own = keys.find(({ type }) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (!own) return missing("key", 'PEM block with type ending in "PRIVATE KEY"', keys);
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(leaf.der);
  } catch {
    return "x509: malformed certificate";
  }
  const privateKey = readKey(own);
  if (!privateKey) return "tls: failed to parse private key";
  return x509.checkPrivateKey(privateKey) ? undefined : "tls: private key does not match public key";
}

function missing(what: "certificate" | "key", wanted: string, found: PemBlock[]): string {
  if (found.length === 0) return `tls: failed to find any PEM data in ${what} input`;
  const types = found.map(({ type }) => type);
  if (what === "certificate" && types.length === 1 && types[0]!.endsWith("PRIVATE KEY")) {
    return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  }
  if (what === "key" && types.length === 1 && types[0] === "CERTIFICATE") {
    return "tls: found a certificate rather than a key in the PEM for the private key";
  }
  const block = what === "certificate" ? `${wanted} PEM block` : wanted;
  return `tls: failed to find ${block} in ${what} input after skipping PEM blocks of the following types: [${types.join(" ")}]`;
}

function readKey({ type, der }: PemBlock): KeyObject | undefined {
  const form = type === "RSA PRIVATE KEY" ? "pkcs1" : type === "EC PRIVATE KEY" ? "sec1" : "pkcs8";
  try {
    return createPrivateKey({ key: der, format: "der", type: form });
  } catch {
    return undefined;
  }
}

/** Length of the SEQUENCE that begins the bytes, its head included; 0 when there is none. */
function derLength(der: Buffer): number {
  if (der.length < 2 || der[0] !== 0x30) return 0;
  const first = der[1]!;
  if (first < 0x80) return 2 + first;
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4 || der.length < 2 + octets) return 0;
  return 2 + octets + der.readUIntBE(2, octets);
}
