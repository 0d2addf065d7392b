import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** The pair that service account tokens are signed with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** digest of the public key, as upstream computes it */
  readonly id: string;
}

/**
 * Reads the key from a PEM file, or makes one there that only its owner may read. Tokens hold as long as the file does.
 * @throws Error naming the file, when it holds no RSA private key
 */
export async function openSigningKey(file: string): Promise<SigningKey> {
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const made = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    await createDurably(file, made.privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    // somebody else may have been faster: what lies there now is the key
    pem = await readFile(file, "utf8");
  }
  return signingKeyOf(pem, file);
}

export function signingKeyOf(pem: string, file = "the key"): SigningKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    throw new Error(
      `${file} holds no private key in PEM form; put one back, or delete the file to get a new one (tokens issued so far end then)`,
      { cause },
    );
  }
  if (privateKey.asymmetricKeyType !== "rsa") throw new Error(`${file} must hold an RSA key`);
  const publicKey = createPublicKey(privateKey);
  const id = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return { privateKey, publicKey, id };
}

/** All of it or nothing, also after a power cut; an existing file wins. */
async function createDurably(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
}
