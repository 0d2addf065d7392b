import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "..", "docs", "performance.md");
const start = (name: string): string => `<!-- ${name} -->\n`;

/** Sections in their order; each is written by the bench of its name and leaves the others as they are. */
const sections = ["control-plane", "relationships", "accounts", "relationship-authorizer"] as const;
export type Section = (typeof sections)[number];

/** Puts a bench's result into docs/performance.md. @param markdown with its heading */
export function writeSection(name: Section, markdown: string): void {
  const known = new Map<string, string>();
  if (existsSync(file)) {
    const parts = readFileSync(file, "utf8").split(/^<!-- ([a-z-]+) -->\n/m);
    for (let i = 1; i < parts.length; i += 2) known.set(parts[i]!, parts[i + 1]!.trim());
  }
  known.set(name, markdown.trim());
  const written = sections.flatMap((section) => (known.has(section) ? [`${start(section)}\n${known.get(section)!}\n`] : []));
  writeFileSync(file, written.join("\n"));
}
