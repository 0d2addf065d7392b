import type { AdmissionPlugin } from "./admission/admission.ts";
import type { Status } from "@meshplane/apimachinery";
import type { AuditTrail } from "./audit/audit-trail.ts";
import type { RequestContext } from "./request-context.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { Server } from "./server.ts";
import type { TakeTurn } from "./take-turns.ts";
import type { User } from "./user.ts";

/** A request for objects after it has been allowed and its resource found: what HTTP and in-process callers have in common. */
export interface ResourceRequest {
  readonly server: Server;
  readonly definition: ResourceDefinition;
  /** a logical cluster's name, or "*" */
  readonly cluster: string;
  /** "" for cluster-scoped resources and across all namespaces */
  readonly namespace: string;
  /** "" for a collection */
  readonly name: string;
  readonly subresource: string;
  readonly context: RequestContext;
  /** the endpoint's plugins, then the server's */
  readonly admission: readonly AdmissionPlugin[];
  /** who owns the fields when the request does not say: the client program's name */
  readonly userAgent: string;
  /** through a virtual workspace */
  readonly virtual: boolean;
  /** before an update or an apply creates what is missing: that needs the right to create as well. Absent in process. @throws StatusError 403 */
  readonly requireCreateAllowed?: () => void | Promise<void>;
  /** the body is large: each step waits for its turn */
  readonly turn?: TakeTurn;
  /** what the target names now; undefined when it is gone, or not at hand */
  readonly currentDefinition?: () => ResourceDefinition | undefined;
  /** of a watch that stands on what may be taken back */
  readonly recheck?: Recheck;
}

/** The question that a watch was opened by, to be asked again. */
export interface Recheck {
  /** @see Decision.ground */
  readonly ground: string;
  /** asked before the answer, so that what changed in between is noticed */
  readonly generation: number;
  /** undefined when it is still allowed, else what the client is told */
  refusal(): Promise<unknown>;
}

/** What is known of a request, with the warnings and annotations that it collects. */
export class CollectingContext implements RequestContext {
  readonly auditId: string;
  readonly received: number;
  readonly deadline: number;
  readonly user: User;
  readonly cluster: string;
  warnings: string[] | undefined;
  annotations: Map<string, string> | undefined;
  /** of the answer, once it is decided */
  status = 200;
  /** what was answered, when it is a Status */
  answered: Status | undefined;
  /** on what the permission stands, when it may be taken back */
  ground: string | undefined;
  /** of audited requests */
  trail: AuditTrail | undefined;

  constructor(auditId: string, received: number, deadline: number, user: User, cluster: string) {
    this.auditId = auditId;
    this.received = received;
    this.deadline = deadline;
    this.user = user;
    this.cluster = cluster;
  }

  /** the same request, in another's name */
  as(user: User): CollectingContext {
    const context = new CollectingContext(this.auditId, this.received, this.deadline, user, this.cluster);
    context.warnings = this.warnings;
    context.annotations = this.annotations;
    context.trail = this.trail;
    return context;
  }

  warn(text: string): void {
    const warnings = (this.warnings ??= []);
    // more than these never fit into the answer's headers, and looking through tens of thousands takes long
    if (warnings.length < 512 && !warnings.includes(text)) warnings.push(text);
  }

  annotate(key: string, value: string): void {
    (this.annotations ??= new Map()).set(key, value);
  }
}
