import { badRequest, fieldInvalid, isQualifiedName, type FieldError, type KubeObject } from "@meshplane/apimachinery";
import type { InProcessApi, ResourceDefinition, SubresourceRequest } from "@meshplane/apiserver";
import { age, ageColumn, column, define, nameColumn, type Kind } from "../define.ts";

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: unknown[] };
}

const nameLabel = "kubernetes.io/metadata.name";
const finalizer = "kubernetes";

export interface NamespaceDependencies {
  /** milliseconds */
  clock(): number;
  /** of this server, for subresources that write; called when a request comes */
  local(): InProcessApi;
}

/** Namespaces, with `/finalize`, through which the namespace controller lets a namespace go. */
export function namespaces(dependencies: NamespaceDependencies): ResourceDefinition {
  const { clock } = dependencies;
  const base: Kind<Namespace> = {
    group: "",
    resource: "namespaces",
    kind: "Namespace",
    shortNames: ["ns"],
    namespaced: false,
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    names: "dns1123Label",
    returnsObjectOnDelete: true,
    defaults(namespace) {
      nameInLabel(namespace);
      (namespace.status ??= {}).phase ||= "Active";
    },
    prepareForCreate(namespace) {
      nameInLabel(namespace); // a generated name is known only now
      const finalizers = namespace.spec?.finalizers ?? [];
      namespace.spec = { finalizers: finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer] };
      namespace.status = { phase: "Active" };
    },
    prepareForUpdate(next, current) {
      next.spec = { ...current.spec };
      next.status = { ...current.status };
    },
    status: {
      prepareForUpdate: (next, current) => void (next.spec = { ...current.spec }),
      validateUpdate: phaseErrors,
    },
    beginDelete(namespace) {
      if (namespace.metadata.deletionTimestamp) return isHeld(namespace) ? "keep" : "default";
      // even an unheld one is only marked by the first request
      namespace.metadata.deletionTimestamp = new Date(clock()).toISOString().replace(/\.\d+Z$/, "Z");
      (namespace.status ??= {}).phase = "Terminating";
      return "keep";
    },
    mayVanish: (namespace) => !isHeld(namespace) && !namespace.metadata.finalizers?.length,
    columns: [nameColumn, column("Status", "Active, or Terminating while its contents are removed."), ageColumn],
    cells: (namespace, now) => [namespace.metadata.name, namespace.status?.phase ?? "", age(namespace, now)],
    selectableFields: ["name", "status.phase"],
    fieldValues: ({ metadata, status }) => ({ name: metadata.name ?? "", "status.phase": status?.phase ?? "" }),
  };
  const finalizing = define<Namespace>({
    ...base,
    prepareForUpdate: (next, current) => void (next.status = { ...current.status }),
    validate: finalizerErrors,
  });
  const finalize = ({ name, body, dryRun, manager, context }: SubresourceRequest): Promise<KubeObject> => {
    const object = body as unknown as Namespace;
    const own = object.metadata?.name;
    if (own && own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
    const { user, cluster } = context;
    const options = { dryRun, ...(manager ? { fieldManager: manager } : {}) };
    return dependencies
      .local()
      .object({ verb: "update", user, cluster, resource: finalizing, subresource: "finalize", name, object, options });
  };
  return define({ ...base, subresources: { finalize: { verbs: ["update"], kind: "Namespace", handle: finalize } } });
}

const isHeld = ({ spec }: Namespace): boolean => (spec?.finalizers?.length ?? 0) > 0;

function nameInLabel({ metadata }: Namespace): void {
  if (metadata.name) (metadata.labels ??= {})[nameLabel] = metadata.name;
}

function phaseErrors({ metadata, status }: Namespace): FieldError[] {
  const wanted = metadata.deletionTimestamp ? "Terminating" : "Active";
  if (status?.phase === wanted) return [];
  const when = metadata.deletionTimestamp ? "is not empty" : "is empty";
  return [fieldInvalid("status.Phase", status?.phase ?? "", `may only be '${wanted}' if \`deletionTimestamp\` ${when}`)];
}

const standardFinalizers = new Set([finalizer, "orphan", "foregroundDeletion"]);

function finalizerErrors({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name, i) => {
    const field = `spec.finalizers[${i}]`;
    const errors = isQualifiedName(name).map((detail) => fieldInvalid(field, name, detail));
    if (!name.includes("/") && !standardFinalizers.has(name)) {
      errors.push(fieldInvalid(field, name, "name is neither a standard finalizer name nor is it fully qualified"));
    }
    return errors;
  });
}
