/** What a peer's certificate says, and by whose word: the client CA's, the request-header CA's, or both. */
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateSubject } from "./http-request.ts";

type Pem = string | Uint8Array;

export interface Authorities {
  readonly client: readonly X509Certificate[];
  readonly proxy: readonly X509Certificate[];
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** certificates between a leaf and its authority, at most */
const chainMax = 10;

/** @throws Error for a bundle that is no PEM */
export const readAuthorities = (client: Pem | undefined, proxy: Pem | undefined): Authorities => ({
  client: certificatesOf(client),
  proxy: certificatesOf(proxy),
});

const certificatesOf = (bundle: Pem | undefined): X509Certificate[] =>
  bundle
    ? [
        ...Buffer.from(bundle as string)
          .toString()
          .matchAll(pemBlock),
      ].map(([pem]) => new X509Certificate(pem))
    : [];

/**
 * The handshake has found the certificate good by the bundles together. With both of them, which one it is by counts: a client's certificate
 * must not name other users, a proxy's is not for acting itself.
 */
export function clientCertificatesOf(
  socket: TLSSocket,
  { client, proxy }: Authorities,
): { clientCertificate: CertificateSubject | undefined; proxyCertificate: CertificateSubject | undefined } {
  const subject = socket.authorized ? subjectOf(socket) : undefined;
  if (!subject) return { clientCertificate: undefined, proxyCertificate: undefined };
  if (proxy.length === 0) return { clientCertificate: subject, proxyCertificate: undefined };
  const leaf = socket.getPeerX509Certificate();
  return {
    clientCertificate: leaf && isSignedBy(leaf, client) ? subject : undefined,
    proxyCertificate: leaf && isSignedBy(leaf, proxy) ? subject : undefined,
  };
}

/** Follows the signatures, each checked, up to one of the authorities. */
function isSignedBy(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let certificate = leaf;
  for (let length = 0; length < chainMax; length++) {
    const current = certificate;
    if (authorities.some((authority) => current.fingerprint512 === authority.fingerprint512)) return true;
    if (authorities.some((authority) => current.checkIssued(authority) && current.verify(authority.publicKey))) return true;
    const issuer = current.issuerCertificate;
    if (!issuer || !issuer.ca || issuer.fingerprint512 === current.fingerprint512 || !current.verify(issuer.publicKey)) return false;
    certificate = issuer;
  }
  return false;
}

function subjectOf(socket: TLSSocket): CertificateSubject | undefined {
  const subject = socket.getPeerCertificate()?.subject as Record<string, string | string[]> | undefined;
  if (!subject || subject.CN === undefined) return undefined;
  const organizations = subject.O;
  return {
    commonName: Array.isArray(subject.CN) ? subject.CN[0]! : subject.CN,
    organizations: organizations === undefined ? [] : Array.isArray(organizations) ? organizations : [organizations],
  };
}
