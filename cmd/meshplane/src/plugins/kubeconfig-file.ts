/** The kubeconfig that the plugins read and change: the first existing file of --kubeconfig, KUBECONFIG, ~/.kube/config. What they don't touch stays. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parseDocument, type Document } from "yaml";
import { writePrivateFile } from "../start/private-file.ts";

interface Entry {
  name: string;
  [field: string]: unknown;
}

export interface Context {
  cluster: string;
  user: string;
  namespace?: string;
}

export class KubeconfigFile {
  readonly path: string;
  readonly #document: Document;

  constructor(path: string, text: string) {
    this.path = path;
    this.#document = parseDocument(text);
    if (this.#document.errors.length > 0) throw new Error(`${path} is no kubeconfig: ${this.#document.errors[0]!.message}`);
  }

  static open(path: string | undefined): KubeconfigFile {
    const candidates = path ? [path] : process.env.KUBECONFIG?.split(delimiter).filter(Boolean);
    const files = candidates?.length ? candidates : [join(homedir(), ".kube", "config")];
    const found = files.find((file) => existsSync(file));
    if (!found) throw new Error(`no kubeconfig: ${files.join(", ")} does not exist; set KUBECONFIG or use --kubeconfig`);
    return new KubeconfigFile(found, readFileSync(found, "utf8"));
  }

  get currentContext(): string {
    return (this.#document.get("current-context") as string | undefined) ?? "";
  }

  set currentContext(name: string) {
    this.#document.set("current-context", name);
  }

  context(name: string): Context | undefined {
    return this.#entries("contexts").find((entry) => entry.name === name)?.context as Context | undefined;
  }

  cluster(name: string): ({ server: string } & Record<string, unknown>) | undefined {
    return this.#entries("clusters").find((entry) => entry.name === name)?.cluster as
      | ({ server: string } & Record<string, unknown>)
      | undefined;
  }

  setContext(name: string, context: Context): void {
    this.#set("contexts", { name, context });
  }

  setCluster(name: string, cluster: Record<string, unknown>): void {
    this.#set("clusters", { name, cluster });
  }

  save(): void {
    writePrivateFile(this.path, this.#document.toString(), statSync(this.path).mode & 0o777);
  }

  #entries(list: string): Entry[] {
    const value = this.#document.toJS() as Record<string, Entry[] | undefined>;
    return value[list] ?? [];
  }

  #set(list: string, entry: Entry): void {
    const entries = this.#entries(list).filter(({ name }) => name !== entry.name);
    this.#document.set(list, this.#document.createNode([...entries, entry]));
  }
}
