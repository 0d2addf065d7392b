import type { APIBinding } from "@meshplane/apis";
import type { KeySource, ObjectKey } from "@meshplane/controller-runtime";
import { apiBindingResource } from "../context.ts";

/** Bindings by what they bind and by organization, so that the last one of an organization is known without a look at all. */
export class BindingIndex {
  readonly #sets = new Map<string, Set<string>>();
  readonly #setOf = new Map<string, string>();

  /** @param organizationOf name of the organization that a logical cluster belongs to */
  follow(source: KeySource, organizationOf: (cluster: string) => string | undefined): void {
    source.subscribe(apiBindingResource, ({ key, deleted, object }) => {
      const id = idOf(key);
      const before = this.#setOf.get(id);
      const binding = deleted ? undefined : (object() as APIBinding | undefined);
      const organization = binding && organizationOf(key.cluster);
      const after = binding && organization ? this.#keyOf(binding, organization) : undefined;
      if (before === after) return;
      if (before !== undefined) {
        this.#sets.get(before)?.delete(id);
        if (this.#sets.get(before)?.size === 0) this.#sets.delete(before);
        this.#setOf.delete(id);
      }
      if (after === undefined) return;
      this.#setOf.set(id, after);
      let set = this.#sets.get(after);
      if (!set) this.#sets.set(after, (set = new Set()));
      set.add(id);
    });
  }

  /** whether the organization has another binding of the same export */
  hasOther(key: ObjectKey, binding: APIBinding, organization: string): boolean {
    const set = this.#sets.get(this.#keyOf(binding, organization) ?? "");
    return set !== undefined && set.size > (set.has(idOf(key)) ? 1 : 0);
  }

  #keyOf({ spec, status }: APIBinding, organization: string): string | undefined {
    const name = spec.reference.export?.name;
    return name === undefined ? undefined : `${organization}|${status?.apiExportClusterName ?? spec.reference.export?.path ?? ""}|${name}`;
  }
}

const idOf = ({ cluster, name }: ObjectKey): string => `${cluster}|${name}`;
