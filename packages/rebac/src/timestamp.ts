/** RFC 3339 with as many digits as there are, in groups of three. */
export function timestampOf(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}
