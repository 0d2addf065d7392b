import { join, relative } from "node:path";
import { styleText } from "node:util";

interface Ready {
  url: string;
  kubeconfig: string;
  /** base domain of the Platform Mesh layer */
  platform?: string;
  /** further APIs, a line each */
  served?: readonly string[];
}

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

  /** a line that stays: what is made in the server, as it happens */
  platformStep(name: string): void {
    if (this.#quiet) return;
    process.stdout.write(`${this.#terminal ? "\r\x1b[K" : ""}  ${styleText("dim", this.#elapsed().padStart(7))}  ${name}\n`);
  }

  ready({ url, kubeconfig, platform, served = [] }: Ready): void {
    const clear = this.#terminal && !this.#quiet ? "\r\x1b[K" : "";
    const path = relative(process.cwd(), kubeconfig);
    const shown = path.startsWith("..") ? kubeconfig : path;
    process.stdout.write(`${clear}${bold("Meshplane is ready")} at ${url} after ${this.#elapsed()}\n`);
    if (this.#quiet) return;
    process.stdout.write(`
  kubeconfig   ${kubeconfig}
${[...(platform ? [`sign-in      https://${platform}`] : []), ...served.map((line) => `             ${line}`)].map((line) => `  ${line}\n`).join("")}
Next, in another terminal:

  export KUBECONFIG=${shellWord(shown)}
  kubectl create workspace demo --enter
  kubectl api-resources
${platform ? firstOrganization() : ""}
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

const firstOrganization = (): string => `
An organization, and an account in it:

  kubectl ws :root:orgs
  kubectl apply -f ${shellWord(exampleOf("organization.yaml"))}
  kubectl wait account/acme --for condition=Ready --timeout 60s
  kubectl ws :root:orgs:acme
  kubectl apply -f ${shellWord(exampleOf("account.yaml"))}
  kubectl wait account/dev --for condition=Ready --timeout 60s
`;

/** as seen from here; a bundle lies two folders below the repository, the source four */
function exampleOf(name: string): string {
  const up = import.meta.dirname.endsWith("start") ? "../../../.." : "../..";
  const path = join(import.meta.dirname, up, "examples", "platform-mesh", name);
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

const bold = (text: string): string => styleText("bold", text);

/** as a shell reads it back: quoted only where it must be */
const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
