import { relative } from "node:path";
import { styleText } from "node:util";

/** What a start shows on standard output: steps while it works, then where everything is and what to try. */
export class Progress {
  readonly #quiet: boolean;
  readonly #terminal = process.stdout.isTTY === true;
  /** from the start of the process, its own loading included */
  readonly #began = performance.timeOrigin;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  step(name: string): void {
    if (!this.#quiet && this.#terminal) process.stdout.write(`\r\x1b[K${styleText("dim", `${this.#elapsed()}  ${name} …`)}`);
  }

  ready({ url, kubeconfig }: { url: string; kubeconfig: string }): void {
    const clear = this.#terminal && !this.#quiet ? "\r\x1b[K" : "";
    const path = relative(process.cwd(), kubeconfig);
    const shown = path.startsWith("..") ? kubeconfig : path;
    process.stdout.write(`${clear}${bold("Meshplane is ready")} at ${url} after ${this.#elapsed()}\n`);
    if (this.#quiet) return;
    process.stdout.write(`
  kubeconfig   ${kubeconfig}

Next, in another terminal:

  export KUBECONFIG=${shellWord(shown)}
  kubectl create workspace demo --enter
  kubectl api-resources

Ctrl-C stops it; the data stays. ${styleText("dim", "(no kubectl plugins? add bin/ to your PATH)")}
`);
  }

  stopping(): void {
    if (!this.#quiet) process.stdout.write("\nstopping: finishing requests, closing the store …\n");
  }

  #elapsed(): string {
    const ms = performance.timeOrigin + performance.now() - this.#began;
    return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
  }
}

const bold = (text: string): string => styleText("bold", text);

/** as a shell reads it back: quoted only where it must be */
const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
