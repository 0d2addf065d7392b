import { humanDuration } from "@meshplane/apimachinery";

/** The age since a time of the API; `<unknown>` without one. @param now milliseconds */
export const ageSince = (time: unknown, now: number): string =>
  typeof time === "string" ? humanDuration(now - Date.parse(time)) : "<unknown>";
