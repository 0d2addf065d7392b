/** Passwords as they are kept: scrypt, its parameters beside the hash, so that later ones may be dearer. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** OWASP's smallest in memory: 16 MiB and five rounds */
const cost = { N: 2 ** 14, r: 8, p: 5 };
const bytes = 32;
/** longer ones are refused: hashing them would be work for anybody who asks */
export const passwordLengthMax = 256;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), (await derive(password, salt, cost)).toString("base64url")].join("$");
}

/** Takes as long whether or not there is somebody: without a `kept` password it compares with one that nobody has. */
export async function passwordMatches(password: string, kept: string | undefined): Promise<boolean> {
  const [, N, r, p, salt, hash] = (kept ?? (await nobodys())).split("$");
  const wanted = Buffer.from(hash!, "base64url");
  const given = await derive(password, Buffer.from(salt!, "base64url"), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(wanted, given) && kept !== undefined;
}

let nobody: Promise<string> | undefined;
const nobodys = (): Promise<string> => (nobody ??= hashPassword(randomBytes(16).toString("base64url")));

function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password.normalize("NFC"), salt, bytes, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
