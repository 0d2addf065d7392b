import { join } from "node:path";
import { openMemoryStore, StoreError, type Store } from "@meshplane/storage";
import type { StartFlags } from "./flags.ts";
import { OperatorError } from "./operator-error.ts";
import { readCertificates, readOperatorFile } from "./read-operator-file.ts";

/** The store that the flags ask for. @throws OperatorError with what is wrong and how to mend it */
export async function openStore(flags: StartFlags, onFailure: (error: StoreError) => void): Promise<Store> {
  if (flags.store === "memory") return openMemoryStore();
  const directory = join(flags.rootDirectory, "store");
  try {
    if (flags.store === "etcd") {
      const { openEtcdStore } = await import("@meshplane/storage/etcd");
      return await openEtcdStore({ endpoints: flags.etcdServers, prefix: flags.etcdPrefix, onFailure, ...etcdTls(flags) });
    }
    const { openSqliteStore } = await import("@meshplane/storage/sqlite");
    return await openSqliteStore({ directory, onFailure });
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    switch (cause.code) {
      case "Locked":
        throw new OperatorError(`${directory} is in use: ${cause.message}`, "stop the other one, or choose another --root-directory", {
          cause,
        });
      case "NewerFormat":
        throw new OperatorError(
          `${directory} was written by a newer version: ${cause.message}`,
          "start the newer version, or choose another --root-directory",
          { cause },
        );
      case "Corrupt":
        throw new OperatorError(
          `${directory} is corrupt: ${cause.message}`,
          `restore it from a backup, or move ${directory} away to start empty`,
          { cause },
        );
      case "Unreachable":
        throw new OperatorError(
          flags.store === "etcd"
            ? `etcd at ${flags.etcdServers.join(", ")} is not reachable: ${cause.message}`
            : `${directory} cannot be opened: ${cause.message}`,
          flags.store === "etcd" ? "start it, or mend --etcd-servers and the --etcd-…file flags" : "mend the disk or its permissions",
          { cause },
        );
      default:
        throw cause;
    }
  }
}

function etcdTls(flags: StartFlags): { tls?: { ca?: string; cert?: string; key?: string } } {
  const tls = {
    ...(flags.etcdCaFile ? { ca: flags.etcdCaFile } : {}),
    ...(flags.etcdCertFile ? { cert: flags.etcdCertFile } : {}),
    ...(flags.etcdKeyFile ? { key: flags.etcdKeyFile } : {}),
  };
  for (const [name, file] of Object.entries(tls)) (name === "key" ? readOperatorFile : readCertificates)(file, `--etcd-${name}file`);
  return Object.keys(tls).length > 0 ? { tls } : {};
}
