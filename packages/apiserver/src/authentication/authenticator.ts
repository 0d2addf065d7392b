import type { HttpRequest } from "../http/http-request.ts";
import type { User } from "../user.ts";

/**
 * Who sent it, or undefined when it carries none of the credentials that this authenticator knows.
 * `cluster` is the logical cluster of the URL, "" without one.
 * @throws StatusError 401 for credentials that are wrong
 */
export type Authenticator = (http: HttpRequest, cluster: string) => Promise<User | undefined> | User | undefined;
