import { OpenFgaError } from "./errors.ts";

const alphabet = /^[A-Za-z0-9_-]+={0,2}$/;

/** Opaque to clients: what a page ended with. */
export const toToken = (text: string): string => Buffer.from(text).toString("base64url");

/** "" for none. @throws OpenFgaError invalid_continuation_token */
export function fromToken(token: string | undefined): string {
  if (!token) return "";
  if (!alphabet.test(token)) throw invalidToken();
  return Buffer.from(token, "base64url").toString();
}

/** @throws OpenFgaError invalid_continuation_token */
export function sequenceFromToken(token: string | undefined): number {
  const text = fromToken(token);
  if (text === "") return 0;
  if (!/^\d{1,15}$/.test(text)) throw invalidToken();
  return Number(text);
}

export const invalidToken = (): OpenFgaError => new OpenFgaError("invalid_continuation_token", "Invalid continuation token");
