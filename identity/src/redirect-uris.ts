/** Whether a client may have its answers sent there. A registered URI ends with `*` where anything below it will do, as in Keycloak. */
export function redirectAllowed(uri: unknown, registered: readonly string[]): boolean {
  if (typeof uri !== "string") return false;
  const parsed = URL.parse(uri);
  if (!parsed || parsed.hash !== "" || uri.includes("#") || parsed.username !== "" || parsed.password !== "") return false;
  return registered.some((pattern) => (pattern.endsWith("*") ? isBelow(uri, parsed, pattern.slice(0, -1)) : uri === pattern));
}

function isBelow(uri: string, parsed: URL, start: string): boolean {
  const base = URL.parse(start);
  // Compared as browsers read it, so that neither `..` nor a back slash leads out.
  if (!base || base.protocol !== parsed.protocol || base.host !== parsed.host || uri.includes("\\")) return false;
  const within = parsed.pathname + parsed.search;
  const from = base.pathname + base.search;
  return within.startsWith(from) || (from.endsWith("/") && parsed.pathname === from.slice(0, -1));
}
