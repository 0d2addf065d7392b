export { testOpenFga, type OpenedFga } from "./test-open-fga.ts";
export { compareEngines, type Comparison } from "./compare-engines.ts";
export { buildOpenFga, findOpenFga, openFgaForTests, OpenFgaProcess } from "./open-fga-process.ts";
