import { resolve } from "node:path";
import { defaultFlags, FlagError, flagsHelp, parseFlags } from "./flags.ts";
import { OperatorError } from "./operator-error.ts";

export interface StartFace {
  /** as the user typed it */
  program: string;
  defaultRoot: string;
  /** has the Platform Mesh layer, on by default */
  platformMesh?: boolean;
}

/** Parses, starts, waits for a signal. Returns the exit code: 0 after a clean stop, 1 for what the operator can mend. */
export async function runStart(argv: string[], face: StartFace): Promise<number> {
  try {
    const parsed = parseFlags(argv, defaultFlags(resolve(face.defaultRoot)), face.platformMesh);
    const { flags } = parsed;
    if (!face.platformMesh) flags.platformMesh = false;
    // of several servers before one etcd, each would know its own relationships and people only
    else flags.platformMesh ??= flags.store !== "etcd";
    if (parsed.help) {
      console.log(
        `Usage:\n  ${face.program} [flags]\n\nFlags:\n${flagsHelp(face.platformMesh)}\n\nOther flags of upstream's kcp start are accepted and said to have no effect, or refused where that would be unsafe.`,
      );
      return 0;
    }
    const { start } = await import("./start.ts");
    return await start({ ...flags, rootDirectory: resolve(flags.rootDirectory) }, parsed.notices);
  } catch (error) {
    if (error instanceof FlagError) {
      console.error(`Error: ${error.message}\nSee '${face.program} --help' for usage.`);
      return 1;
    }
    if (error instanceof OperatorError) {
      console.error(`Error: ${error.message}.\nTo mend it: ${error.mend}.`);
      return 1;
    }
    throw error;
  }
}
