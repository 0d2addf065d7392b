/** Types and relations as small numbers, one table for a whole engine. */
export class Names {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  intern(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#ids.set(text, id);
      this.#texts.push(text);
    }
    return id;
  }

  /** -1 for what was never interned: nothing stored or modelled has that name. */
  find(text: string): number {
    return this.#ids.get(text) ?? -1;
  }

  text(id: number): string {
    return this.#texts[id]!;
  }
}

/** In place of a user's relation: the user is an object itself, or everybody of its type. */
export const plainUser = -1;
export const wildcardUser = -2;

const relationsMax = 0x200000;

/** What kind of user: its type with "itself", "everybody" or a relation, as one number. */
export const userKind = (type: number, relation: number): number => type * relationsMax + relation + 2;
