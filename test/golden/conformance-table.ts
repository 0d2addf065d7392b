import type { GoldenCount } from "./run-golden.ts";

/** The table of docs/conformance.md, read back. */
export function parseConformance(text: string): GoldenCount[] {
  return [...text.matchAll(/^\| ([\w-]+) \| (\d+) of (\d+) \| (\d+) of (\d+) \|/gm)].map((m) => ({
    file: m[1]!,
    steps: Number(m[2]),
    stepsRecorded: Number(m[3]),
    scenarios: Number(m[4]),
    scenariosRecorded: Number(m[5]),
  }));
}

export function printConformance(counts: readonly GoldenCount[]): string {
  const percent = (part: number, whole: number) => `${whole ? Math.floor((100 * part) / whole) : 100} %`;
  const total = (key: "steps" | "stepsRecorded" | "scenarios" | "scenariosRecorded") => counts.reduce((sum, count) => sum + count[key], 0);
  const rows = counts.map(
    (c) =>
      `| ${c.file} | ${c.steps} of ${c.stepsRecorded} | ${c.scenarios} of ${c.scenariosRecorded} | ${percent(c.steps, c.stepsRecorded)}, ${percent(c.scenarios, c.scenariosRecorded)} |`,
  );
  return `# Conformance

Recorded answers of a real kcp, replayed against this server: how many steps, and how many whole scenarios, come out as recorded. Written by
\`npm run conformance\`; \`test/golden\` fails when a count goes down.

| file | steps | scenarios | |
| --- | --- | --- | --- |
${rows.join("\n")}

All: ${total("steps")} of ${total("stepsRecorded")} steps (${percent(total("steps"), total("stepsRecorded"))}), ${total("scenarios")} of ${total("scenariosRecorded")} scenarios (${percent(total("scenarios"), total("scenariosRecorded"))}).
`;
}
