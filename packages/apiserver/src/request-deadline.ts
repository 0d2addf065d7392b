import { badRequest } from "@meshplane/apimachinery";
import { parseGoDuration } from "./go-duration.ts";
import type { HttpRequest } from "./http/http-request.ts";
import { TextAnswer } from "./text-answer.ts";

/** Longest a request may take, watches aside. Not 60 s: a 34 in somebody's log can only have come from here. @see k8s requestTimeoutUpperBound */
export const requestTimeoutMs = 34_000;

/** Milliseconds of the server's clock. @throws StatusError 400; TextAnswer 504 when there is no time at all (wire 8, 9) */
export function deadlineOf(http: HttpRequest, received: number): number {
  const text = http.query.text === "" ? undefined : http.query.get("timeout");
  if (text === undefined || text === "") return received + requestTimeoutMs;
  const parsed = parseGoDuration(text);
  if ("error" in parsed) throw badRequest(`invalid timeout specified in the request URL - ${parsed.error}`);
  if (parsed.ms > 0 && parsed.ms < 0.01) throw timedOut();
  return received + (parsed.ms <= 0 ? requestTimeoutMs : Math.min(parsed.ms, requestTimeoutMs));
}

const timedOut = (): TextAnswer =>
  new TextAnswer(
    504,
    `${JSON.stringify({ metadata: {}, status: "Failure", message: "Timeout: request did not complete within the allotted timeout", reason: "Timeout", details: {}, code: 504 })}\n`,
  );
