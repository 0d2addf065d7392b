/** `npm run conformance`: replays all recorded answers and writes docs/conformance.md. With names: prints those files' output and writes nothing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { printConformance } from "../test/golden/conformance-table.ts";
import { goldenFiles, runGolden } from "../test/golden/run-golden.ts";

const names = process.argv.slice(2);
const { counts, output } = await runGolden(
  names.length ? goldenFiles().filter((file) => names.some((name) => file.startsWith(name))) : goldenFiles(),
);
console.log(output);
if (names.length === 0) writeFileSync(join(import.meta.dirname, "..", "docs", "conformance.md"), printConformance(counts));
