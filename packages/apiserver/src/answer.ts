import type { HttpRequest, HttpResponse } from "./http/http-request.ts";
import type { CollectingContext } from "./resource-request.ts";
import type { Encoded } from "./answer-forms.ts";
import { asGzip, compressed, isCompressible } from "./http/compress.ts";

const warningBytesMax = 4_096;

/** Headers that every answer has (wire 1). */
export function headersOf(auditId: string, contentType: string, priority = true): Record<string, string | string[]> {
  return priority
    ? {
        "audit-id": auditId,
        "cache-control": "no-cache, private",
        "content-type": contentType,
        "x-kubernetes-pf-flowschema-uid": "",
        "x-kubernetes-pf-prioritylevel-uid": "",
      }
    : { "audit-id": auditId, "cache-control": "no-cache, private", "content-type": contentType };
}

/** The answer of a request for objects. */
export function answer(
  status: number,
  { contentType, body, gzipped }: Encoded,
  http: HttpRequest,
  context: CollectingContext,
  virtual: boolean,
  /** a watch: never compressed (wire 4) */
  live = false,
): HttpResponse | Promise<HttpResponse> {
  const headers = headersOf(context.auditId, contentType, !virtual);
  context.status = status;
  if (context.warnings) headers.warning = warningHeaders(context.warnings);
  if (typeof body !== "function") {
    const length = lengthOf(body);
    headers["content-length"] = String(length);
    if (gzipped && isCompressible(length, http)) return asGzip({ status, headers, body: undefined }, gzipped);
    if (isCompressible(length, http)) return compressed({ status, headers, body });
  } else if (!live && isCompressible(Infinity, http)) return compressed({ status, headers, body });
  return { status, headers, body };
}

const lengthOf = (body: Uint8Array | string | readonly Uint8Array[]): number =>
  typeof body === "string"
    ? Buffer.byteLength(body)
    : body instanceof Uint8Array
      ? body.length
      : body.reduce((sum, chunk) => sum + chunk.length, 0);

/** One header each; what does not fit is dropped (wire 3). */
export function warningHeaders(warnings: readonly string[]): string[] {
  const lines: string[] = [];
  let size = 0;
  for (const text of warnings) {
    const line = `299 - "${text.replace(/[\\"]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, " ")}"`;
    const latin = Buffer.from(line, "utf8").toString("latin1");
    size += latin.length;
    if (size > warningBytesMax) break;
    lines.push(latin);
  }
  return lines;
}
