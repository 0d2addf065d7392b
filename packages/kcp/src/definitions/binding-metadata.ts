import { copyJson, equalJson, type KubeObject } from "@meshplane/apimachinery";
import { claimLabelKey, exportLabelValue, reflexiveClaimLabelValue, exportLabel, claimLabelPrefix, type APIBinding } from "@meshplane/apis";
import type { ResourceDefinition } from "@meshplane/apiserver";

/**
 * An export sees its own bindings by a label; it is set in the commit that names the export's cluster. Fields that admission has taken apart get their
 * defaults back. @see spec apis §7.2
 */
export function withBindingMetadata(definition: ResourceDefinition): ResourceDefinition {
  const { strategy } = definition;
  return {
    ...definition,
    strategy: {
      ...strategy,
      specChanged(next, current) {
        if (equalJson(next["spec"], current["spec"])) return false;
        const whole = copyJson({ apiVersion: next.apiVersion, kind: next.kind, metadata: {}, spec: next["spec"] }) as KubeObject;
        strategy.applyDefaults?.(whole);
        return !equalJson(whole["spec"], current["spec"]);
      },
      canonicalize(object) {
        strategy.canonicalize?.(object);
        strategy.applyDefaults?.(object);
        if (definition.version === "v1alpha1") object["status"] ??= {};
        setReflexiveLabel(object);
      },
    },
  };
}

function setReflexiveLabel(object: KubeObject): void {
  const { metadata, spec, status } = object as APIBinding;
  const name = spec.reference?.export?.name;
  const cluster = status?.apiExportClusterName;
  if (!name || !cluster || metadata.labels?.[exportLabel] !== exportLabelValue(cluster, name)) return;
  const key = claimLabelKey(cluster, name);
  // the label of an accepted claim on bindings has the same key and goes first
  if (!metadata.labels[key]) metadata.labels = { ...metadata.labels, [key]: reflexiveClaimLabelValue };
}

/** the key that `setReflexiveLabel` sets, which clients may not take away */
export const reflexiveLabelKey = ({ metadata, status }: APIBinding): string | undefined => {
  const value = metadata.labels?.[exportLabel];
  return value && status?.apiExportClusterName ? claimLabelPrefix + value : undefined;
};
