import type { Endpoint, HttpRequest, HttpResponse } from "@meshplane/apiserver";

/** A computed view below `/services/<name>/`. The front door asks it for the endpoint; authentication comes after. @see spec virtual-workspaces §1 */
export interface VirtualWorkspace {
  /** the segment after `/services/` */
  readonly name: string;
  /**
   * @param rest the path after `/services/<name>`, undecoded: "" or starts with "/"
   * @returns undefined for a URL that it does not accept: the front door answers
   * @throws StatusError
   */
  resolve(http: HttpRequest, rest: string): Endpoint | HttpResponse | undefined | Promise<Endpoint | HttpResponse | undefined>;
}
