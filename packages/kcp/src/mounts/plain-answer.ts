import type { HttpResponse } from "@meshplane/apiserver";

/** A text, as Go's http.Error writes it. */
export const plainAnswer = (status: number, text: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: text,
});
