export { runStart } from "./start/run-start.ts";
export { version } from "./version.ts";
