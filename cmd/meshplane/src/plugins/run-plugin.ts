import { StatusError } from "@meshplane/apimachinery";

/** Runs a plugin; what it throws becomes one line, without a stack. */
export async function runPlugin(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StatusError) console.error(`Error from server (${error.reason ?? error.code}): ${error.message}`);
    else
      console.error(
        `Error: ${error instanceof Error ? error.message.replace(/^Unknown option '(--?[^']*)'[^]*$/, "unknown flag: $1") : String(error)}`,
      );
    return 1;
  }
}
