/**
 * APIExport and APIBinding between v1alpha1 and v1alpha2. What one version cannot say travels in annotations, so that a read-modify-write
 * through either loses nothing. @see spec apis §3.3
 */
import { StatusError, plainError, type KubeObject } from "@meshplane/apimachinery";
import type { APIBindingV1alpha1, AcceptablePermissionClaimV1alpha1 } from "./v1alpha1/api-binding.ts";
import type { APIExportV1alpha1, PermissionClaimV1alpha1 } from "./v1alpha1/api-export.ts";
import type { APIBinding } from "./v1alpha2/api-binding.ts";
import type { APIExport, ResourceSchemaReference } from "./v1alpha2/api-export.ts";
import type {
  AcceptablePermissionClaim,
  PermissionClaim,
  PermissionClaimSelector,
  ScopedPermissionClaim,
} from "./v1alpha2/permission-claim.ts";

/** What v1alpha1 cannot say, while an object is written in v1alpha1. */
export const v1alpha2Annotations = {
  resourceSchemas: "apis.v1alpha2.kcp.io/resource-schemas",
  permissionClaims: "apis.v1alpha2.kcp.io/permission-claims",
  acceptablePermissionClaims: "apis.v1alpha2.kcp.io/acceptable-permission-claims",
  statusExportPermissionClaims: "apis.v1alpha2.kcp.io/status-export-permission-claims",
  statusAppliedPermissionClaims: "apis.v1alpha2.kcp.io/status-applied-permission-claims",
} as const;

/** What v1alpha2 cannot say, while an object is written in v1alpha2. */
export const v1alpha1Annotations = {
  permissionClaims: "apis.v1alpha2.kcp.io/v1alpha1-permission-claims",
  statusExportPermissionClaims: "apis.v1alpha2.kcp.io/v1alpha1-status-export-permission-claims",
  statusAppliedPermissionClaims: "apis.v1alpha2.kcp.io/v1alpha1-status-applied-permission-claims",
} as const;

const v1alpha1 = "apis.kcp.io/v1alpha1";
const v1alpha2 = "apis.kcp.io/v1alpha2";

/** @throws StatusError 500 for what cannot be converted, in upstream's words */
export function exportToV1alpha1(from: APIExport): APIExportV1alpha1 {
  const annotations = new Annotations(from);
  const { resources = [], permissionClaims = [], identity, maximalPermissionPolicy } = from.spec ?? {};
  const latestResourceSchemas = resources.filter(isCrdBacked).map(({ schema }) => schema);
  annotations.stash(
    v1alpha2Annotations.resourceSchemas,
    resources.filter((r) => !isCrdBacked(r)),
  );
  annotations.stash(v1alpha2Annotations.permissionClaims, permissionClaims.filter((c) => !isEveryVerb(c)).map(claimJson));
  const claims = permissionClaims.map((claim) => claimToV1alpha1(claim));
  annotations.restore<PermissionClaimV1alpha1>(v1alpha1Annotations.permissionClaims, claims, (claim, original) => {
    assignAllAndSelector(claim, original);
  });
  return {
    ...from,
    apiVersion: v1alpha1,
    metadata: annotations.metadata(),
    spec: {
      ...(identity ? { identity } : {}),
      ...(latestResourceSchemas.length > 0 ? { latestResourceSchemas } : {}),
      ...(maximalPermissionPolicy ? { maximalPermissionPolicy } : {}),
      ...(claims.length > 0 ? { permissionClaims: claims } : {}),
    },
    status: from.status ?? {},
  };
}

/** @throws StatusError 500 */
export function exportToV1alpha2(from: APIExportV1alpha1): APIExport {
  const annotations = new Annotations(from);
  const { latestResourceSchemas, permissionClaims = [], identity, maximalPermissionPolicy } = from.spec ?? {};
  const resources = latestResourceSchemas?.map(resourceOfSchema) ?? [];
  annotations.stash(v1alpha1Annotations.permissionClaims, permissionClaims.map(claimV1alpha1Json));
  resources.push(...annotations.take<ResourceSchemaReference>(v1alpha2Annotations.resourceSchemas, "schemas"));
  const claims: PermissionClaim[] = permissionClaims.map((claim) => claimToV1alpha2(claim));
  annotations.restore<PermissionClaim>(v1alpha2Annotations.permissionClaims, claims, (claim, original) => {
    claim.verbs = original.verbs;
    if (original.defaultSelector) claim.defaultSelector = original.defaultSelector;
    else delete claim.defaultSelector;
  });
  for (const claim of claims) if (!claim.verbs?.length) claim.verbs = ["*"];
  return {
    ...from,
    apiVersion: v1alpha2,
    metadata: annotations.metadata(),
    spec: {
      ...(resources.length > 0 ? { resources } : {}),
      ...(identity ? { identity } : {}),
      ...(maximalPermissionPolicy ? { maximalPermissionPolicy } : {}),
      ...(claims.length > 0 ? { permissionClaims: claims } : {}),
    },
    status: from.status ?? {},
  };
}

/** @throws StatusError 500 */
export function bindingToV1alpha1(from: APIBinding): APIBindingV1alpha1 {
  const annotations = new Annotations(from);
  const claims = from.spec.permissionClaims ?? [];
  annotations.stash(v1alpha2Annotations.acceptablePermissionClaims, claims.filter((c) => !isEverything(c)).map(claimJson));
  const specClaims = claims.map((claim): AcceptablePermissionClaimV1alpha1 => ({
    ...scopedToV1alpha1(claim),
    state: claim.state,
  }));
  annotations.restore(v1alpha1Annotations.permissionClaims, specClaims, assignAllAndSelector);

  const exported = from.status?.exportPermissionClaims ?? [];
  annotations.stash(v1alpha2Annotations.statusExportPermissionClaims, exported.filter((c) => !isEveryVerb(c)).map(claimJson));
  const statusExported = exported.map((claim) => claimToV1alpha1(claim));
  annotations.restore(v1alpha1Annotations.statusExportPermissionClaims, statusExported, assignAllAndSelector);

  const applied = from.status?.appliedPermissionClaims ?? [];
  annotations.stash(v1alpha2Annotations.statusAppliedPermissionClaims, applied.filter((c) => !isEverything(c)).map(claimJson));
  const statusApplied = applied.map((claim) => scopedToV1alpha1(claim));
  annotations.restore(v1alpha1Annotations.statusAppliedPermissionClaims, statusApplied, assignAllAndSelector);

  return {
    ...from,
    apiVersion: v1alpha1,
    metadata: annotations.metadata(),
    spec: {
      reference: from.spec.reference,
      ...(specClaims.length > 0 ? { permissionClaims: specClaims } : {}),
    },
    status: bindingStatus(from.status, statusApplied, statusExported),
  };
}

/** @throws StatusError 500 */
export function bindingToV1alpha2(from: APIBindingV1alpha1): APIBinding {
  const annotations = new Annotations(from);
  const claims = from.spec.permissionClaims ?? [];
  annotations.stash(v1alpha1Annotations.permissionClaims, claims.filter(hasSelector).map(claimV1alpha1Json));
  const specClaims = claims.map((claim): AcceptablePermissionClaim => ({
    ...scopedToV1alpha2(claim),
    state: claim.state,
  }));
  annotations.restore<AcceptablePermissionClaim>(v1alpha2Annotations.acceptablePermissionClaims, specClaims, assignVerbsAndSelector);
  specClaims.forEach(completeScoped);

  const exported = from.status?.exportPermissionClaims ?? [];
  annotations.stash(v1alpha1Annotations.statusExportPermissionClaims, exported.map(claimV1alpha1Json));
  const statusExported = exported.map((claim) => claimToV1alpha2(claim));
  annotations.restore<PermissionClaim>(v1alpha2Annotations.statusExportPermissionClaims, statusExported, (claim, original) => {
    claim.verbs = original.verbs;
  });
  for (const claim of statusExported) if (!claim.verbs?.length) claim.verbs = ["*"];

  const applied = from.status?.appliedPermissionClaims ?? [];
  annotations.stash(v1alpha1Annotations.statusAppliedPermissionClaims, applied.filter(hasSelector).map(claimV1alpha1Json));
  const statusApplied = applied.map((claim) => scopedToV1alpha2(claim));
  annotations.restore<ScopedPermissionClaim>(v1alpha2Annotations.statusAppliedPermissionClaims, statusApplied, assignVerbsAndSelector);
  statusApplied.forEach(completeScoped);

  return {
    ...from,
    apiVersion: v1alpha2,
    metadata: annotations.metadata(),
    spec: {
      reference: from.spec.reference,
      ...(specClaims.length > 0 ? { permissionClaims: specClaims } : {}),
    },
    status: bindingStatus(from.status, statusApplied, statusExported),
  };
}

/** "v1.widgets.example.io" is widgets of example.io. @throws StatusError 500 */
function resourceOfSchema(schema: string): ResourceSchemaReference {
  const [, name, ...rest] = schema.split(".");
  if (!name || rest.length === 0)
    throw plainError(
      `failed to convert v1alpha1 APIExport to v1alpha2: invalid schema ${JSON.stringify(schema)}: must have at least 3 dot-separated segments`,
    );
  const group = rest.join(".");
  return { group: group === "core" ? "" : group, name, schema, storage: { crd: {} } };
}

const isCrdBacked = ({ storage }: ResourceSchemaReference): boolean => storage?.crd !== undefined || storage?.virtual === undefined;
const isEveryVerb = ({ verbs }: PermissionClaim): boolean => verbs?.length === 1 && verbs[0] === "*";
const isEverything = (claim: ScopedPermissionClaim): boolean => isEveryVerb(claim) && claim.selector?.matchAll === true;
const hasSelector = ({ resourceSelector }: PermissionClaimV1alpha1): boolean => (resourceSelector?.length ?? 0) > 0;

type Identified = Pick<PermissionClaim, "group" | "resource" | "identityHash">;
const sameClaim = (a: Identified, b: Identified): boolean =>
  (a.group ?? "") === (b.group ?? "") && a.resource === b.resource && (a.identityHash ?? "") === (b.identityHash ?? "");

const identified = ({ group, resource, identityHash }: Identified): Identified => ({
  ...(group ? { group } : {}),
  resource,
  ...(identityHash ? { identityHash } : {}),
});

const claimToV1alpha1 = (claim: PermissionClaim): PermissionClaimV1alpha1 => identified(claim);
const scopedToV1alpha1 = (claim: ScopedPermissionClaim): PermissionClaimV1alpha1 => ({
  ...identified(claim),
  ...(claim.selector?.matchAll ? { all: true } : {}),
});
const claimToV1alpha2 = (claim: PermissionClaimV1alpha1): PermissionClaim => ({
  ...identified(claim),
  verbs: [],
});
const scopedToV1alpha2 = (claim: PermissionClaimV1alpha1): ScopedPermissionClaim => ({
  ...identified(claim),
  verbs: [],
  selector: claim.all ? { matchAll: true } : {},
});

function assignAllAndSelector(claim: PermissionClaimV1alpha1, original: PermissionClaimV1alpha1): void {
  if (original.all) claim.all = true;
  else delete claim.all;
  if (original.resourceSelector?.length) claim.resourceSelector = original.resourceSelector;
  else delete claim.resourceSelector;
}

function assignVerbsAndSelector(claim: ScopedPermissionClaim, original: ScopedPermissionClaim): void {
  claim.verbs = original.verbs;
  claim.selector = original.selector ?? {};
}

function completeScoped(claim: ScopedPermissionClaim): void {
  if (!claim.verbs?.length) claim.verbs = ["*"];
  if (isEmptySelector(claim.selector)) claim.selector = { matchAll: true };
}

const isEmptySelector = (selector: PermissionClaimSelector): boolean =>
  !selector.matchAll && Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length;

/** Key order and left-out empty values as upstream prints them: clients compare annotations as text. */
const claimV1alpha1Json = (claim: PermissionClaimV1alpha1 & { state?: string }): object => ({
  ...(claim.group ? { group: claim.group } : {}),
  resource: claim.resource,
  ...(claim.all ? { all: true } : {}),
  ...(hasSelector(claim) ? { resourceSelector: claim.resourceSelector } : {}),
  ...(claim.identityHash ? { identityHash: claim.identityHash } : {}),
  ...(claim.state ? { state: claim.state } : {}),
});

const claimJson = (claim: PermissionClaim & { selector?: PermissionClaimSelector; state?: string }): object => ({
  ...(claim.group ? { group: claim.group } : {}),
  resource: claim.resource,
  verbs: claim.verbs,
  ...(claim.identityHash ? { identityHash: claim.identityHash } : {}),
  ...(claim.defaultSelector ? { defaultSelector: claim.defaultSelector } : {}),
  ...(claim.selector ? { selector: claim.selector } : {}),
  ...(claim.state ? { state: claim.state } : {}),
});

function bindingStatus<C, P>(
  from: APIBinding["status"] | APIBindingV1alpha1["status"],
  applied: C[],
  exported: P[],
): Omit<NonNullable<APIBinding["status"]>, "appliedPermissionClaims" | "exportPermissionClaims"> & {
  appliedPermissionClaims?: C[];
  exportPermissionClaims?: P[];
} {
  const { appliedPermissionClaims: _a, exportPermissionClaims: _e, ...rest } = from ?? {};
  return {
    ...rest,
    ...(applied.length > 0 ? { appliedPermissionClaims: applied } : {}),
    ...(exported.length > 0 ? { exportPermissionClaims: exported } : {}),
  };
}

/** The annotations of the converted object: a copy of the original's, with things put in and taken out. */
class Annotations {
  readonly #object: KubeObject;
  readonly #all: Map<string, string>;

  constructor(object: KubeObject) {
    this.#object = object;
    this.#all = new Map(Object.entries(object.metadata.annotations ?? {}));
  }

  stash(key: string, values: object[]): void {
    if (values.length > 0) this.#all.set(key, JSON.stringify(values));
  }

  /** what was stashed under `key`, which goes */
  take<T>(key: string, what: string): T[] {
    const stashed = this.#all.get(key);
    if (stashed === undefined) return [];
    this.#all.delete(key);
    try {
      const parsed: unknown = JSON.parse(stashed);
      if (parsed === null) return [];
      if (!Array.isArray(parsed)) throw new Error("not an array");
      return parsed as T[];
    } catch (error) {
      if (error instanceof StatusError) throw error;
      throw plainError(`failed to decode ${what} from JSON: ${(error as Error).message}`);
    }
  }

  /** gives each claim back what was stashed for it */
  restore<T extends Identified>(key: string, claims: NoInfer<T>[], give: (claim: T, original: T) => void): void {
    for (const original of this.take<T>(key, "claims")) for (const claim of claims) if (sameClaim(claim, original)) give(claim, original);
  }

  metadata(): KubeObject["metadata"] {
    const { annotations: _, ...metadata } = this.#object.metadata;
    return this.#all.size > 0 ? { ...metadata, annotations: Object.fromEntries(this.#all) } : metadata;
  }
}
