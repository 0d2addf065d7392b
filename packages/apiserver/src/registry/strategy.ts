import type { FieldError, KubeObject } from "@meshplane/apimachinery";
import type { RequestContext } from "../request-context.ts";

/**
 * What a resource adds to the generic write path: which fields the server owns, what is valid, what may change.
 * The generic path has done metadata already (uid, creationTimestamp, generateName, immutable fields, finalizers, ownerReferences).
 * `prepare…` change `object` in place; `current` is read-only.
 */
export interface Strategy {
  /** how metadata.name is checked */
  readonly nameValidation: "dns1123Subdomain" | "dns1123Label" | "pathSegment" | ((name: string, prefix: boolean) => string[]);
  /** a PUT of what does not exist creates it (wire 48) */
  readonly allowCreateOnUpdate: boolean;
  /** a PUT without resourceVersion overwrites (built-in kinds) */
  readonly allowUnconditionalUpdate: boolean;
  /** metadata.generation starts at 1 and grows when `specChanged` says so */
  readonly hasGeneration: boolean;
  /** DELETE answers the object instead of a Status (wire 56) */
  readonly returnsObjectOnDelete?: boolean;
  /** finalizers need no domain, though the kind is a built-in one (CustomResourceDefinition) */
  readonly anyFinalizers?: boolean;

  /** fills in defaults right after decoding, for reads of older records too */
  applyDefaults?(object: KubeObject): void;
  prepareForCreate?(object: KubeObject, context: RequestContext): void;
  prepareForUpdate?(next: KubeObject, current: KubeObject, context: RequestContext): void;
  validateCreate?(object: KubeObject, context: RequestContext): FieldError[] | Promise<FieldError[]>;
  validateUpdate?(next: KubeObject, current: KubeObject, context: RequestContext): FieldError[] | Promise<FieldError[]>;
  warnings?(object: KubeObject, current: KubeObject | undefined): string[];
  /** the last change before storing (sorting, normalising) */
  canonicalize?(object: KubeObject): void;
  /** by default: anything but metadata and status differs */
  specChanged?(next: KubeObject, current: KubeObject): boolean;

  /** of `/status`; without it the definition has no status subresource */
  readonly status?: {
    /** by default everything but status and metadata.managedFields (and for custom resources labels/annotations rules) is copied from current */
    prepareForUpdate?(next: KubeObject, current: KubeObject, context: RequestContext): void;
    validateUpdate?(next: KubeObject, current: KubeObject, context: RequestContext): FieldError[] | Promise<FieldError[]>;
  };

  /**
   * Called when a DELETE reaches an object. "default": metadata finalizers decide. "keep": the object stays, marked as deleting
   * (Namespace with spec.finalizers); the hook has changed `object` in place.
   */
  beginDelete?(object: KubeObject, context: RequestContext): "default" | "keep";
  /** after an update of a deleting object: may it go now? By default: no metadata.finalizers left. */
  mayVanish?(object: KubeObject): boolean;
}
