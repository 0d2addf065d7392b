import type { GroupResource } from "@meshplane/apimachinery";
import type { Change, ObjectKey } from "@meshplane/controller-runtime";

/** What controllers of this process tell each other, as changes of resources that no server has. */
export class Signals {
  readonly #listeners = new Map<string, ((change: Change) => void)[]>();

  handles(resource: GroupResource): boolean {
    return resource.group === group;
  }

  subscribe(resource: GroupResource, onChange: (change: Change) => void): void {
    const known = this.#listeners.get(resource.resource);
    if (known) known.push(onChange);
    else this.#listeners.set(resource.resource, [onChange]);
  }

  send(signal: GroupResource, key: ObjectKey): void {
    const change: Change = {
      resource: signal,
      key,
      deleted: false,
      labels: undefined,
      object: () => undefined,
      previous: () => undefined,
    };
    for (const listener of this.#listeners.get(signal.resource) ?? []) listener(change);
  }
}

const group = "signals";

/** key of a Store: what is merged into its model is another than before */
export const modelMerged: GroupResource = { group, resource: "merged" };
/** name of an organization: it has bound another export, or one less */
export const exportsChanged: GroupResource = { group, resource: "exports" };
/** name of an organization: its relationships were lost, and those of its accounts are to be written again */
export const storeLost: GroupResource = { group, resource: "lost" };
