import type { APIBinding } from "@meshplane/apis";
import type { KeySource, ObjectKey } from "@meshplane/controller-runtime";
import { apiBindingResource } from "../context.ts";
import { isGenerated } from "./generated.ts";

/** Where an export is: logical cluster, and name. */
export interface ExportPlace {
  cluster: string;
  name: string;
}

/**
 * Bindings by what they bind and by organization: who has bound an export, whether a binding is the last one, and what an organization has bound of a workspace,
 * without a look at all of them. Bindings that are going do not count.
 */
export class BindingIndex {
  /** exporting cluster → export → organization → bindings */
  readonly #bindings = new Map<string, Map<string, Map<string, Map<string, ObjectKey>>>>();
  readonly #placeOf = new Map<string, { place: ExportPlace; organization: string }>();
  readonly #ofCluster = new Map<string, Set<string>>();
  readonly #changed: (organization: string) => void;

  /** @param changed told when an organization has bound another export, or one less */
  constructor(changed: (organization: string) => void = () => {}) {
    this.#changed = changed;
  }

  /** @param organizationOf name of the organization that a logical cluster belongs to */
  follow(source: KeySource, organizationOf: (cluster: string) => string | undefined): void {
    source.subscribe(apiBindingResource, ({ key, deleted, object }) => {
      const binding = deleted ? undefined : (object() as APIBinding | undefined);
      const organization = organizationOf(key.cluster);
      const place = binding && !binding.metadata.deletionTimestamp ? placeOfExport(binding) : undefined;
      const before = this.#placeOf.get(idOf(key));
      if (before && before.place.cluster === place?.cluster && before.place.name === place.name && before.organization === organization)
        return;
      this.#remove(idOf(key));
      if (place && organization) this.#add(key, place, organization);
    });
  }

  /** The logical cluster is not seen any more. */
  forget(cluster: string): void {
    for (const id of [...(this.#ofCluster.get(cluster) ?? [])]) this.#remove(id);
  }

  /** names of the exports of a workspace that the organization has bound somewhere */
  exportsOf(organization: string, exporter: string): string[] {
    return [...(this.#bindings.get(exporter) ?? [])].filter(([, organizations]) => organizations.has(organization)).map(([name]) => name);
  }

  /** one binding for each organization that has bound the export: what is made of them is the organization's */
  oneOfEach({ cluster, name }: ExportPlace): ObjectKey[] {
    const organizations = this.#bindings.get(cluster)?.get(name)?.values() ?? [];
    return [...organizations].map((bindings) => bindings.values().next().value!);
  }

  /** one binding of each of the workspace's exports that the organization has bound */
  oneOfEachExport(organization: string, exporter: string): ObjectKey[] {
    return [...(this.#bindings.get(exporter)?.values() ?? [])].flatMap((organizations) => {
      const first = organizations.get(organization)?.values().next().value;
      return first ? [first] : [];
    });
  }

  #add(key: ObjectKey, place: ExportPlace, organization: string): void {
    const id = idOf(key);
    const exports = child(this.#bindings, place.cluster, () => new Map<string, Map<string, Map<string, ObjectKey>>>());
    const organizations = child(exports, place.name, () => new Map<string, Map<string, ObjectKey>>());
    const bindings = child(organizations, organization, () => new Map<string, ObjectKey>());
    bindings.set(id, key);
    this.#placeOf.set(id, { place, organization });
    child(this.#ofCluster, key.cluster, () => new Set<string>()).add(id);
    if (bindings.size === 1) this.#changed(organization);
  }

  #remove(id: string): void {
    const known = this.#placeOf.get(id);
    if (!known) return;
    this.#placeOf.delete(id);
    const { place, organization } = known;
    const exports = this.#bindings.get(place.cluster)!;
    const organizations = exports.get(place.name)!;
    const bindings = organizations.get(organization)!;
    bindings.delete(id);
    if (bindings.size === 0) organizations.delete(organization);
    if (organizations.size === 0) exports.delete(place.name);
    if (exports.size === 0) this.#bindings.delete(place.cluster);
    const cluster = id.slice(0, id.indexOf("|"));
    const ids = this.#ofCluster.get(cluster)!;
    ids.delete(id);
    if (ids.size === 0) this.#ofCluster.delete(cluster);
    if (bindings.size === 0) this.#changed(organization);
  }
}

/** undefined until kcp has resolved it */
function placeOfExport(binding: APIBinding): ExportPlace | undefined {
  const name = binding.spec.reference.export?.name;
  const cluster = binding.status?.apiExportClusterName;
  return name && cluster && isGenerated(binding) ? { cluster, name } : undefined;
}

function child<V>(map: Map<string, V>, key: string, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
}

const idOf = ({ cluster, name }: ObjectKey): string => `${cluster}|${name}`;
