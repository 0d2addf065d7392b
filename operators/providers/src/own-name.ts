import type { JsonValue } from "@meshplane/apimachinery";
import type { HttpClusterClient } from "@meshplane/client";

/**
 * By which name other workspaces know the one who asks: a service account has another one there than at home.
 * @returns undefined for whoever is known by the same name everywhere
 */
export async function nameElsewhere(home: HttpClusterClient): Promise<string | undefined> {
  const answer = (await home.request({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } satisfies JsonValue,
  })) as { status?: { userInfo?: { username?: string; extra?: Record<string, string[]> } } };
  const { username = "", extra = {} } = answer.status?.userInfo ?? {};
  const [, name] = /^system:serviceaccount:(.+)$/.exec(username) ?? [];
  const cluster = extra["authentication.kcp.io/cluster-name"]?.[0] ?? extra["authentication.kubernetes.io/cluster-name"]?.[0];
  return name && cluster ? `system:kcp:serviceaccount:${cluster}:${name}` : undefined;
}
