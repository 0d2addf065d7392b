/**
 * The logical cluster that a service account token says it is from. Nothing is verified here: it only chooses where the request goes,
 * and that cluster's authenticator decides. @see spec authz §3
 */
export function serviceAccountCluster(authorization: string | undefined): string | undefined {
  if (!authorization || !/^bearer /i.test(authorization)) return undefined;
  const parts = authorization.slice(7).split(".");
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null) return undefined;
    const { "kubernetes.io": bound, "kubernetes.io/serviceaccount/clusterName": legacy } = claims as Record<string, unknown>;
    const cluster = typeof bound === "object" && bound !== null ? (bound as Record<string, unknown>)["clusterName"] : legacy;
    return typeof cluster === "string" && cluster !== "" ? cluster : undefined;
  } catch {
    return undefined;
  }
}
