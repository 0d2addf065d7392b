import type { JsonSchema } from "@meshplane/apimachinery";
import type { LabelSelectorObject } from "../../kube.ts";
import { flag, groupPattern, labelSelectorProperties, list, object, resourcePattern, rules, setOf, text } from "../../schema-parts.ts";

export interface PermissionClaimSelector extends LabelSelectorObject {
  matchAll?: boolean;
}

/** What an export asks of its consumers. @see spec apis §3.1, §7 */
export interface PermissionClaim {
  group?: string;
  resource: string;
  identityHash?: string;
  verbs: string[];
  defaultSelector?: PermissionClaimSelector;
}

/** With the consumer's choice of objects. */
export interface ScopedPermissionClaim extends PermissionClaim {
  selector: PermissionClaimSelector;
}

/** With the consumer's answer. */
export interface AcceptablePermissionClaim extends ScopedPermissionClaim {
  state: "Accepted" | "Rejected";
}

const selectorSchema = (description: string, extra: Omit<JsonSchema, "type"> = {}): JsonSchema =>
  object({ matchAll: flag({ description: "Every object." }), ...labelSelectorProperties }, [], {
    "x-kubernetes-map-type": "atomic",
    description,
    ...extra,
  });

export const groupSchema = (extra: Omit<JsonSchema, "type"> = {}): JsonSchema =>
  text({ pattern: groupPattern, description: "Group; empty: the core group.", ...extra });
export const resourceSchema = (): JsonSchema => text({ pattern: resourcePattern, description: "Plural name." });

const claimProperties = (): Record<string, JsonSchema> => ({
  defaultSelector: selectorSchema("Which objects the provider suggests."),
  group: groupSchema({ default: "" }),
  identityHash: text({
    default: "",
    description: "Identity of the export that the resource comes from.",
  }),
  resource: resourceSchema(),
  verbs: setOf(text(), { minItems: 1, description: "What the provider may do; * is everything." }),
});

export const permissionClaimSchema = (): JsonSchema => object(claimProperties(), ["resource", "verbs"]);

const scopedProperties = (): Record<string, JsonSchema> => ({
  ...claimProperties(),
  selector: selectorSchema("Which objects the claim is for.", rules(["self == oldSelf", "Permission claim selector is immutable"])),
});

export const scopedPermissionClaimSchema = (): JsonSchema => object(scopedProperties(), ["resource", "selector", "verbs"]);

export const acceptablePermissionClaimSchema = (): JsonSchema =>
  object({ ...scopedProperties(), state: text({ enum: ["Accepted", "Rejected"] }) }, ["resource", "selector", "state", "verbs"]);

/** A claim of v1alpha1; `withState` for bindings. */
export const permissionClaimV1alpha1Schema = (options: { groupDefault?: boolean; withState?: boolean } = {}): JsonSchema =>
  object(
    {
      all: flag({ description: "Every object." }),
      group: groupSchema(options.groupDefault ? { default: "" } : {}),
      identityHash: text({ description: "Identity of the export that the resource comes from." }),
      resource: resourceSchema(),
      resourceSelector: list(
        object(
          {
            name: text({
              minLength: 1,
              maxLength: 253,
              pattern: "^([a-z0-9][-a-z0-9_.]*)?[a-z0-9]$",
            }),
            namespace: text({ minLength: 1 }),
          },
          [],
          rules(["has(self.name) || has(self.__namespace__)", "at least one field must be set"]),
        ),
      ),
      ...(options.withState ? { state: text({ enum: ["Accepted", "Rejected"] }) } : {}),
    },
    options.withState ? ["resource", "state"] : ["resource"],
    rules([
      "(has(self.resourceSelector) && size(self.resourceSelector) > 0) != (has(self.all) && self.all)",
      'either "all" or "resourceSelector" must be set',
    ]),
  );
