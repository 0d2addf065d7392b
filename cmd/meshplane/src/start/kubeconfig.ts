/** `admin.kubeconfig` with upstream's contexts: root (current), base, shard-base and system:admin. @see spec tenancy §6 */
export function adminKubeconfig(options: { url: string; ca: string; kcpAdminToken: string; shardAdminToken: string }): string {
  const ca = Buffer.from(options.ca).toString("base64");
  const cluster = (name: string, server: string) =>
    `- cluster:\n    certificate-authority-data: ${ca}\n    server: ${server}\n  name: ${name}\n`;
  const context = (name: string, of: string, user: string) => `- context:\n    cluster: ${of}\n    user: ${user}\n  name: ${name}\n`;
  const user = (name: string, token: string) => `- name: ${name}\n  user:\n    token: ${token}\n`;
  return `apiVersion: v1
kind: Config
clusters:
${cluster("base", options.url)}${cluster("root", `${options.url}/clusters/root`)}${cluster("system:admin", `${options.url}/clusters/system:admin`)}contexts:
${context("base", "base", "kcp-admin")}${context("root", "root", "kcp-admin")}${context("shard-base", "base", "shard-admin")}${context("system:admin", "system:admin", "shard-admin")}current-context: root
users:
${user("kcp-admin", options.kcpAdminToken)}${user("shard-admin", options.shardAdminToken)}`;
}
