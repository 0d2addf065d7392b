import { unauthorized } from "@meshplane/apimachinery";
import type { HttpRequest } from "./http/http-request.ts";
import type { ServerOptions } from "./server-options.ts";
import { anonymousUser } from "./user.ts";
import type { User } from "./user.ts";

/** The first authenticator that knows the credentials says who it is; without any, the anonymous user. @throws StatusError 401 (wire 82) */
export function authenticate(http: HttpRequest, cluster: string, options: ServerOptions): User | Promise<User> {
  const { authenticators } = options;
  for (let i = 0; i < authenticators.length; i++) {
    const user = authenticators[i]!(http, cluster);
    if (user instanceof Promise) return user.then((it) => it ?? askFrom(i + 1));
    if (user) return user;
  }
  return nobody(http, options);

  async function askFrom(start: number): Promise<User> {
    for (let i = start; i < authenticators.length; i++) {
      const user = await authenticators[i]!(http, cluster);
      if (user) return user;
    }
    return nobody(http, options);
  }
}

function nobody(http: HttpRequest, { anonymous }: ServerOptions): User {
  const open = typeof anonymous === "boolean" ? anonymous : anonymous(http.path.replace(/^\/clusters\/[^/]*/, "") || "/");
  if (!open) throw unauthorized();
  return anonymousUser;
}
