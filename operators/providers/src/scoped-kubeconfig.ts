/** A kubeconfig as upstream writes it. @param ca PEM. @see spec platform-mesh/providers §2.1 step 4 */
export function scopedKubeconfig({ server, ca, token }: { server: string; ca: string; token: string }): string {
  // JSON is YAML, and needs no rules of quoting of our own
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "default-cluster",
          cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
        },
      ],
      users: [{ name: "default-auth", user: { token } }],
      contexts: [{ name: "default-context", context: { cluster: "default-cluster", user: "default-auth" } }],
      "current-context": "default-context",
    },
    undefined,
    2,
  )}\n`;
}
