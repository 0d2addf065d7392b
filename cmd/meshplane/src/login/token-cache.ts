/** Tokens between runs: a file per issuer, client and scopes that only its owner can read, and a lock, so that of many kubectls one signs in. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface CachedTokens {
  idToken: string;
  refreshToken?: string;
}

export const defaultCacheDirectory = (): string => join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "meshplane", "login");

/** a sign-in takes no longer */
const lockMsMax = 10 * 60_000;
const pollMs = 100;

export class TokenCache {
  readonly #file: string;

  constructor(directory: string, identity: readonly string[]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#file = join(directory, createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32));
  }

  /** undefined when there is nothing, or nothing readable */
  read(): CachedTokens | undefined {
    try {
      const { idToken, refreshToken } = JSON.parse(readFileSync(`${this.#file}.json`, "utf8")) as Partial<CachedTokens>;
      if (typeof idToken !== "string") return undefined;
      return { idToken, ...(typeof refreshToken === "string" ? { refreshToken } : {}) };
    } catch {
      return undefined;
    }
  }

  write(tokens: CachedTokens): void {
    const temporary = `${this.#file}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(tokens), { mode: 0o600 });
    renameSync(temporary, `${this.#file}.json`);
  }

  clear(): void {
    rmSync(`${this.#file}.json`, { force: true });
  }

  /** One at a time, over all processes; the lock of one that has died does not count. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lock = `${this.#file}.lock`;
    while (!take(lock)) await sleep(pollMs);
    const release = (): void => rmSync(lock, { force: true });
    process.once("exit", release);
    try {
      return await work();
    } finally {
      process.off("exit", release);
      release();
    }
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    const age = Date.now() - statSync(lock).mtimeMs;
    // an empty file is one that is just being written
    if (age > lockMsMax || (holder > 0 && !isAlive(holder))) renameSync(lock, `${lock}.${process.pid}`);
    else return false;
    rmSync(`${lock}.${process.pid}`, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
