import type { Authenticator } from "@meshplane/apiserver";
import { authenticated } from "./token-authenticator.ts";

/** The subject of a verified client certificate: common name is the user, organizations are groups. */
export const clientCertificates: Authenticator = (http) => {
  const certificate = http.clientCertificate;
  if (!certificate || certificate.commonName === "") return undefined;
  return authenticated({
    name: certificate.commonName,
    uid: "",
    groups: certificate.organizations,
    extra: {},
  });
};
