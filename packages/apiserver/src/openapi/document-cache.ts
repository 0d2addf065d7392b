import { createHash } from "node:crypto";

/** A document as it goes out. */
export interface Document {
  readonly text: string;
  /** 128 upper-case hex digits */
  readonly hash: string;
  /** for Last-Modified: when it was first built */
  readonly builtAt: number;
}

const bytesMax = 64 << 20;

/** Documents by what they were built from; the ones not asked for longest go first. */
export class DocumentCache {
  readonly #documents = new Map<string, Document>();
  #bytes = 0;

  get(key: string, build: () => object, now: number): Document {
    let document = this.#documents.get(key);
    if (document) {
      this.#documents.delete(key);
    } else {
      const text = `${JSON.stringify(build())}\n`;
      document = { text, hash: createHash("sha512").update(text).digest("hex").toUpperCase(), builtAt: now };
      this.#bytes += text.length;
    }
    this.#documents.set(key, document);
    for (const [oldest, { text }] of this.#documents) {
      if (this.#bytes <= bytesMax || oldest === key) break;
      this.#documents.delete(oldest);
      this.#bytes -= text.length;
    }
    return document;
  }
}
