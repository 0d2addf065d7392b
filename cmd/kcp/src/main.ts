/** `kcp`: the drop-in for upstream's binary. `kcp start` takes its flags and writes the same `admin.kubeconfig`. */
import { runStart, version } from "@meshplane/cmd";

const [command, ...rest] = process.argv.slice(2);
if (command === "start") process.exitCode = await runStart(rest, { program: "kcp start", defaultRoot: ".kcp" });
else if (command === "--version" || command === "version") console.log(`kcp version ${version.gitVersion}`);
else {
  const usage = "Usage:\n  kcp start [flags]\n\nkcp start --help lists the flags; kcp --version prints the version.";
  if (command === undefined || command === "--help" || command === "-h" || command === "help") console.log(usage);
  else {
    console.error(`unknown command ${JSON.stringify(command)} for "kcp"\n\n${usage}`);
    process.exitCode = 1;
  }
}
