import { fieldInvalid, type FieldError, type KubeObject } from "@meshplane/apimachinery";
import { age, ageColumn, column, define, nameColumn } from "./define.ts";

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; leaseTransitions?: number; strategy?: string; preferredHolder?: string };
}

export const leases = define<Lease>({
  group: "coordination.k8s.io",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
  createOnUpdate: true,
  unconditionalUpdate: true,
  prepareForCreate: dropCoordination,
  prepareForUpdate: dropCoordination,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec;
    if (seconds !== undefined && seconds <= 0) errors.push(fieldInvalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
    if (transitions !== undefined && transitions < 0)
      errors.push(fieldInvalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
    return errors;
  },
  columns: [nameColumn, column("Holder", "Who holds the lease."), ageColumn],
  cells: (lease, now) => [lease.metadata.name, lease.spec?.holderIdentity ?? "", age(lease, now)],
});

/** Coordinated leader election is not served; its fields are dropped rather than refused. */
function dropCoordination({ spec }: Lease): void {
  delete spec?.strategy;
  delete spec?.preferredHolder;
}
