/** Who asks. Made by an authenticator, by impersonation, or by `cmd` for in-process callers; never from a header alone. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: User = Object.freeze({
  name: "system:anonymous",
  uid: "",
  groups: Object.freeze(["system:unauthenticated"]),
  extra: Object.freeze({}),
});

export const mastersGroup = "system:masters";
export const authenticatedGroup = "system:authenticated";
