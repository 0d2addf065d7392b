import type { KubeObject } from "@meshplane/apimachinery";
import { apiBindingsInitializer, createOnlyAnnotation, type APIBinding, type LogicalCluster } from "@meshplane/apis";
import { deleteCondition, isConditionTrue, markFalse, markTrue, ok, type Outcome, type Subroutine } from "@meshplane/controller-runtime";
import { apiBindingResource, ensure, isStored, namespaceResource, type ReconcilerParts } from "../parts.ts";
import { builtInIdentity } from "@meshplane/storage";
import type { CompleteBindings } from "../api-binding/complete-bindings.ts";
import { bindingOf, defaultBindings, type DefaultBinding } from "./default-bindings.ts";

const bindingKind = { ...apiBindingResource, kind: "APIBinding", identity: builtInIdentity };
const universalInitializer = "root:universal";
/**
 * Bindings of a running system take milliseconds: only after this it is worth a write to say what is waited for. The time of creation has
 * whole seconds, so up to one of them has not passed.
 */
const patienceMs = 1_500;

/** Does the two initializers of the system and ends the phase once nobody is left. @see spec tenancy §4.4, §5.1 */
export const initialization =
  (parts: ReconcilerParts, complete: CompleteBindings): Subroutine<LogicalCluster> =>
  async (logicalCluster, { cluster }) => {
    const status = logicalCluster.status!;
    if (status.phase !== "Initializing" || logicalCluster.metadata.deletionTimestamp) return ok;
    const isUniversal = status.initializers?.includes(universalInitializer) ?? false;
    const [outcome] = await Promise.all([
      status.initializers?.includes(apiBindingsInitializer) ? bindDefaults(logicalCluster, cluster, parts, complete) : ok,
      ...(isUniversal ? ["default", "kube-system"].map((name) => ensureNamespace(cluster, name, parts)) : []),
    ]);
    // together with the other one, unless somebody else is waited for anyway
    if (isUniversal && outcome === ok) done(logicalCluster, universalInitializer);
    const left = status.initializers ?? [];
    if (left.length === 0) {
      delete status.initializers;
      status.phase = "Ready";
      markTrue(logicalCluster, "WorkspaceInitialized");
    } else if (outcome === ok || age(logicalCluster, parts) > patienceMs)
      markFalse(logicalCluster, "WorkspaceInitialized", "InitializerExists", "Info", `Initializers still exist: [${left.join(" ")}]`);
    return outcome;
  };

async function ensureNamespace(cluster: string, name: string, { client, store }: ReconcilerParts): Promise<void> {
  if (!(await isStored(store, cluster, namespaceResource, name))) await ensure(client, cluster, namespaceResource, namespace(name));
}

const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations: { [createOnlyAnnotation]: "true" } },
});

function done({ status }: LogicalCluster, initializer: string): void {
  const left = status!.initializers!.filter((one) => one !== initializer);
  if (left.length > 0) status!.initializers = left;
  else delete status!.initializers;
}

const age = ({ metadata }: LogicalCluster, { clock }: ReconcilerParts): number => clock() - Date.parse(metadata.creationTimestamp ?? "");

async function bindDefaults(
  logicalCluster: LogicalCluster,
  cluster: string,
  parts: ReconcilerParts,
  complete: CompleteBindings,
): Promise<Outcome> {
  const again: Outcome = { next: true, requeueAfterMs: patienceMs + 500 };
  let wanted: DefaultBinding[];
  try {
    wanted = await defaultBindings(logicalCluster, cluster, parts);
  } catch (error) {
    markFalse(logicalCluster, "APIBindingsInitialized", "WorkspaceTypesInvalid", "Error", (error as Error).message);
    return again;
  }
  const waiting: string[] = [];
  const errors: string[] = [];
  const areFirst = await complete.areFirst(wanted, logicalCluster, cluster);
  await Promise.all(
    wanted.map(async (binding) => {
      if (!binding.claims) return void errors.push(`APIExport ${binding.path}|${binding.export} not found`);
      if (areFirst && (await complete.create(bindingOf(binding), cluster))) return;
      const found = await parts.objects.get<APIBinding>(bindingKind, cluster, binding.name);
      if (!found) await ensure(parts.client, cluster, apiBindingResource, bindingOf(binding));
      if (!found || !isComplete(found, binding)) waiting.push(binding.name);
    }),
  );
  if (waiting.length === 0 && errors.length === 0) {
    deleteCondition(logicalCluster, "APIBindingsInitialized");
    done(logicalCluster, apiBindingsInitializer);
    return ok;
  }
  if (age(logicalCluster, parts) > patienceMs) {
    if (errors.length > 0)
      markFalse(logicalCluster, "APIBindingsInitialized", "APIBindingErrors", "Error", `encountered errors: ${errors.sort().join("; ")}`);
    else
      markFalse(
        logicalCluster,
        "APIBindingsInitialized",
        "WaitingOnAPIBindings",
        "Info",
        `APIBinding(s) not yet fully bound: ${waiting.sort().join(", ")}`,
      );
  }
  return again;
}

const isComplete = (binding: APIBinding, { claims = [] }: DefaultBinding): boolean =>
  isConditionTrue(binding, "InitialBindingCompleted") && (claims.length === 0 || isConditionTrue(binding, "PermissionClaimsApplied"));
