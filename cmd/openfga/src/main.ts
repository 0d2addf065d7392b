/** `openfga`: the drop-in for upstream's binary. `openfga run` starts the embedded engine alone, with its HTTP and gRPC APIs. */
import { run } from "./run.ts";

const [command, ...rest] = process.argv.slice(2);
const help = `Usage:
  openfga run [flags]      serve the HTTP and gRPC APIs
  openfga migrate [flags]  nothing to do: the data file is brought up to date when it is opened
  openfga version

openfga run --help lists the flags.`;

switch (command) {
  case "run":
    process.exitCode = await run(rest);
    break;
  case "migrate":
    console.error("openfga: nothing to migrate: the data file is brought up to date when it is opened");
    break;
  case "version":
  case "--version":
    console.log("openfga (Meshplane) compatible with OpenFGA 1.18");
    break;
  case undefined:
  case "help":
  case "--help":
  case "-h":
    console.log(help);
    break;
  default:
    console.error(`unknown command ${JSON.stringify(command)} for "openfga"\n\n${help}`);
    process.exitCode = 1;
}
