import type { AuthorizationModel } from "@meshplane/apis/platform-mesh";
import type { KeySource, ObjectKey } from "@meshplane/controller-runtime";
import { authorizationModelResource } from "../context.ts";

/** AuthorizationModels by the store that they extend: nothing looks through those of all organizations. */
export class ExtensionIndex {
  readonly #byStore = new Map<string, Map<string, { key: ObjectKey; model: AuthorizationModel }>>();
  readonly #storeOf = new Map<string, string>();

  /** Subscribes; the source is started by others. */
  follow(source: KeySource): void {
    source.subscribe(authorizationModelResource, ({ key, deleted, object }) => {
      const id = `${key.cluster}|${key.name}`;
      const before = this.#storeOf.get(id);
      if (before !== undefined) {
        this.#byStore.get(before)?.delete(id);
        if (this.#byStore.get(before)?.size === 0) this.#byStore.delete(before);
        this.#storeOf.delete(id);
      }
      const model = deleted ? undefined : (object() as AuthorizationModel | undefined);
      if (!model) return;
      const store = storeKey(model.spec.storeRef.name, model.spec.storeRef.cluster);
      this.#storeOf.set(id, store);
      let models = this.#byStore.get(store);
      if (!models) this.#byStore.set(store, (models = new Map()));
      models.set(id, { key, model });
    });
  }

  /** The logical cluster is not seen any more. */
  forget(cluster: string): void {
    for (const [id, store] of this.#storeOf)
      if (id.startsWith(`${cluster}|`)) {
        this.#storeOf.delete(id);
        this.#byStore.get(store)?.delete(id);
      }
  }

  /** Oldest first, so that who comes later cannot push out who was there. */
  of(store: string, cluster: string): { key: ObjectKey; model: AuthorizationModel }[] {
    return [...(this.#byStore.get(storeKey(store, cluster))?.values() ?? [])].sort(
      (a, b) =>
        compare(a.model.metadata.creationTimestamp ?? "", b.model.metadata.creationTimestamp ?? "") ||
        compare(a.key.cluster, b.key.cluster) ||
        compare(a.key.name, b.key.name),
    );
  }
}

const storeKey = (name: string, cluster: string): string => `${cluster}|${name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
