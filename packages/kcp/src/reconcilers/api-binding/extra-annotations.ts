import { extraAnnotationPrefix, type APIBinding, type APIExport } from "@meshplane/apis";
import { ok, type Subroutine } from "@meshplane/controller-runtime";
import { builtInIdentity } from "@meshplane/storage";
import { apiExportResource, type ReconcilerParts } from "../parts.ts";

const exportKind = { ...apiExportResource, kind: "APIExport", identity: builtInIdentity };

/** `extra.apis.kcp.io/…` of the export stands on its bindings too. @see spec apis §3.5 */
export const extraAnnotations =
  ({ objects }: ReconcilerParts): Subroutine<APIBinding> =>
  async (binding) => {
    const { apiExportClusterName: cluster } = binding.status ?? {};
    const name = binding.spec.reference.export?.name;
    if (!cluster || !name || binding.metadata.deletionTimestamp) return ok;
    const bound = await objects.get<APIExport>(exportKind, cluster, name);
    if (!bound) return ok;
    const wanted = Object.entries(bound.metadata.annotations ?? {}).filter(([key]) => key.startsWith(extraAnnotationPrefix));
    const mine = Object.entries(binding.metadata.annotations ?? {});
    if (wanted.length === 0 && !mine.some(([key]) => key.startsWith(extraAnnotationPrefix))) return ok;
    binding.metadata.annotations = Object.fromEntries([...mine.filter(([key]) => !key.startsWith(extraAnnotationPrefix)), ...wanted]);
    return ok;
  };
