import type { GroupResource, KubeObject } from "@meshplane/apimachinery";
import type { ControllerMetrics } from "./metrics.ts";

/** One object of one logical cluster. */
export interface ObjectKey {
  /** a logical cluster's name; "" on a server without logical clusters */
  cluster: string;
  namespace: string;
  name: string;
}

/** What a reconcile wants next. A thrown error means: unforeseen, back off. */
export type Result =
  | {
      requeueAfterMs?: number;
      /** the resourceVersion that this pass has left behind, when another pass over that very state would do nothing */
      settledAt?: string;
    }
  | undefined;

/** Moves one object one idempotent step towards what it should be. Gets a key, never an event. */
export type Reconcile = (key: ObjectKey) => Promise<Result>;

/** A change of an object: what the key source tells, and no more than is known without parsing. */
export interface Change {
  resource: GroupResource;
  key: ObjectKey;
  deleted: boolean;
  labels: Readonly<Record<string, string>> | undefined;
  /** selectable fields beyond name and namespace; undefined when there are none or the source does not know */
  fields?: Readonly<Record<string, string>> | undefined;
  /** metadata.deletionTimestamp is set; undefined when the source does not know without parsing */
  deleting?: boolean | undefined;
  /** of the object as it is now; undefined when the source does not know without parsing */
  resourceVersion?: string | undefined;
  /** parsed on demand; undefined once deleted. Shared: read-only */
  object(): KubeObject | undefined;
  /** what it was before; undefined for a creation or when the source does not know. Shared: read-only */
  previous(): KubeObject | undefined;
}

export interface ControllerOptions {
  name: string;
  /** the resource that keys are of; without it all keys come from `watches` */
  for?: GroupResource;
  /** narrows which changes of `for` count; all by default */
  filter?: (change: Change) => boolean;
  /** other resources, and which keys a change of theirs concerns */
  watches?: {
    resource: GroupResource;
    keys: (change: Change) => ObjectKey[] | Promise<ObjectKey[]>;
    /** look at what exists at the start too (default), or only at changes */
    initial?: boolean;
  }[];
  reconcile: Reconcile;
  /** how many keys at once; 4 by default. One key is never reconciled twice at the same time. */
  workers?: number;
  /** index entries of objects that still need work: they come first after a start; the rest follows in the background */
  unsettled?: readonly IndexName[];
  /** "none": nothing is queued at the start but what `unsettled` names */
  sweep?: "background" | "none";
  metrics?: ControllerMetrics;
  /** an unforeseen failure, before the key backs off; conflicts are not told */
  onError?: (error: unknown, key: ObjectKey, failures: number) => void;
}

export interface IndexName {
  name: string;
  value: string;
}

export interface SubscribeOptions {
  /** "all" by default: what exists is reported first, those with `unsettled` entries before the others */
  initial?: "all" | "unsettled" | "none";
  unsettled?: readonly IndexName[];
}

/**
 * Where changes come from: the store's feed in process, reflectors in a process of its own. `subscribe` first reports what exists
 * (or only what `unsettled` names), then every change in order.
 */
export interface KeySource {
  /** `onChange` is called synchronously with the change: it must be quick and must not throw */
  subscribe(resource: GroupResource, onChange: (change: Change) => void, options?: SubscribeOptions): void;
  start(): Promise<void>;
  stop(): void;
}
