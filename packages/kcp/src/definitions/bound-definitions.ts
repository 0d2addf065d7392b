import { decodeOwnJson } from "@meshplane/apimachinery";
import type { APIResourceSchema, APIResourceSchemaSpec, BoundAPIResource } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";
import { encodeKey, keyPrefix, type Store } from "@meshplane/storage";

/** Where a bound definition comes from; read back by `boundOriginOf`. */
export interface BoundOrigin {
  readonly schemaUid: string;
  readonly schemaName: string;
  readonly schemaCluster: string;
  readonly identityHash: string;
}

const originSymbol = Symbol("bound origin");

export const boundOriginOf = (definition: ResourceDefinition): BoundOrigin | undefined =>
  definition.extras?.[originSymbol] as BoundOrigin | undefined;

/** Turns the spec of a schema into definitions under an identity. */
export type CompileSchema = (schema: APIResourceSchema, identityHash: string) => ResourceDefinition[];

const definitionsMax = 4096;

/**
 * Definitions of bound resources, compiled from the APIResourceSchema once per UID and identity and shared by all logical clusters.
 * A copy of every schema that was ever bound is kept, so that objects stay served when the provider deletes the schema.
 */
export class BoundDefinitions {
  readonly #store: Store;
  readonly #compile: CompileSchema;
  readonly #known = new Map<string, ResourceDefinition[]>();
  readonly #compiling = new Map<string, Promise<ResourceDefinition[]>>();
  readonly #kept = new Set<string>();

  constructor(store: Store, compile: CompileSchema) {
    this.#store = store;
    this.#compile = compile;
  }

  /** all served versions; [] when the schema is gone and was never bound */
  readonly of = (bound: BoundAPIResource, schemaCluster: string): ResourceDefinition[] | Promise<ResourceDefinition[]> => {
    const { UID, identityHash, name } = bound.schema;
    const id = `${UID}:${identityHash}`;
    const known = this.#known.get(id);
    if (known) return known;
    let compiling = this.#compiling.get(id);
    if (!compiling) {
      compiling = this.#make({ schemaUid: UID, schemaName: name, schemaCluster, identityHash }).finally(() => this.#compiling.delete(id));
      this.#compiling.set(id, compiling);
    }
    return compiling;
  };

  /** of a schema that is at hand, whether or not anybody has bound it */
  ofSchema(schema: APIResourceSchema, schemaCluster: string, identityHash: string): ResourceDefinition[] {
    const { uid = "", name = "" } = schema.metadata;
    return (
      this.#known.get(`${uid}:${identityHash}`) ?? this.#remember(schema, { schemaUid: uid, schemaName: name, schemaCluster, identityHash })
    );
  }

  /** Keeps a copy of a schema that is about to be bound. Idempotent. */
  async keep(schema: APIResourceSchema): Promise<void> {
    const uid = schema.metadata.uid!;
    if (this.#kept.has(uid)) return;
    const { name, annotations, labels, creationTimestamp } = schema.metadata;
    const body = Buffer.from(
      JSON.stringify({
        metadata: { name: uid, uid, creationTimestamp, annotations: { ...annotations, [schemaNameAnnotation]: name }, labels },
        spec: schema.spec,
      }),
    );
    const header = { definition: "boundschema/1", uid, deleting: false, labels: undefined, fields: undefined };
    await this.#store.commit({ key: keptKey(uid), expect: 0, write: { header, body } });
    this.#kept.add(uid);
  }

  /** All schemas that anybody has ever bound. */
  async kept(): Promise<APIResourceSchema[]> {
    const { records } = await this.#store.range(keyPrefix(keptGroup, keptResource, "-", keptCluster));
    return records.map((record) => {
      const { metadata, spec } = decodeOwnJson(record.body) as unknown as APIResourceSchema;
      const name = metadata.annotations?.[schemaNameAnnotation] ?? metadata.name!;
      const resourceVersion = String(record.revision);
      return { apiVersion: "apis.kcp.io/v1alpha1", kind: "APIResourceSchema", metadata: { ...metadata, name, resourceVersion }, spec };
    });
  }

  async #make(origin: BoundOrigin): Promise<ResourceDefinition[]> {
    const schema = (await this.#readKept(origin)) ?? (await this.#readSchema(origin));
    return schema ? this.#remember(schema, origin) : [];
  }

  #remember(schema: APIResourceSchema, origin: BoundOrigin): ResourceDefinition[] {
    const definitions = this.#compile(schema, origin.identityHash).map((definition) => ({
      ...definition,
      extras: { ...definition.extras, [originSymbol]: origin },
    }));
    this.#known.set(`${origin.schemaUid}:${origin.identityHash}`, definitions);
    if (this.#known.size > definitionsMax) this.#known.delete(this.#known.keys().next().value!);
    return definitions;
  }

  async #readKept({ schemaUid, schemaName }: BoundOrigin): Promise<APIResourceSchema | undefined> {
    const record = await this.#store.get(keptKey(schemaUid));
    if (!record) return undefined;
    this.#kept.add(schemaUid);
    const { metadata, spec } = decodeOwnJson(record.body) as unknown as { metadata: object; spec: APIResourceSchemaSpec };
    return {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: "APIResourceSchema",
      metadata: { ...metadata, name: schemaName, uid: schemaUid },
      spec,
    };
  }

  async #readSchema({ schemaUid, schemaName, schemaCluster }: BoundOrigin): Promise<APIResourceSchema | undefined> {
    const key = encodeKey({
      group: "apis.kcp.io",
      resource: "apiresourceschemas",
      identity: "-",
      cluster: schemaCluster,
      namespace: "",
      name: schemaName,
    });
    const record = await this.#store.get(key);
    if (!record || record.header.uid !== schemaUid) return undefined;
    const stored = decodeOwnJson(record.body) as object;
    return { apiVersion: "apis.kcp.io/v1alpha1", kind: "APIResourceSchema", ...stored } as APIResourceSchema;
  }
}

const schemaNameAnnotation = "apis.kcp.io/schema-name";

const keptGroup = "internal.kcp.io";
const keptResource = "boundschemas";
const keptCluster = "system:bound-crds";

/** not among the resources that anybody can ask for */
const keptKey = (uid: string): string =>
  encodeKey({ group: keptGroup, resource: keptResource, identity: "-", cluster: keptCluster, namespace: "", name: uid });
