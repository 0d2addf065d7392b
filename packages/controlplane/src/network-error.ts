/** Node's failures in Go's words, as operators know them. */
export function describeNetworkError(error: unknown, { hostname, port }: URL): string {
  const { code, name, message, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] };
  const address = `${hostname}:${port || 443}`;
  if (name === "TimeoutError" || name === "AbortError") return "context deadline exceeded";
  if (code === "ECONNREFUSED") return `dial tcp ${address}: connect: connection refused`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${hostname}: no such host`;
  if (code === "ECONNRESET") return `read tcp ${address}: read: connection reset by peer`;
  return message || (errors?.[0] instanceof Error ? errors[0].message : (code ?? name));
}
