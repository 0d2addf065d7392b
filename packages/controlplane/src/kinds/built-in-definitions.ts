import type { InProcessApi, ResourceDefinition, Subresource } from "@meshplane/apiserver";
import { admissionRegistration, type AdmissionRegistrationDependencies } from "./admissionregistration/admission-registration.ts";
import { certificateSigningRequests } from "./certificate-signing-request.ts";
import { configMaps } from "./core/config-map.ts";
import { coreEvents, groupedEvents } from "./core/event.ts";
import { namespaces } from "./core/namespace.ts";
import { resourceQuotas } from "./core/resource-quota.ts";
import { secrets } from "./core/secret.ts";
import { serviceAccounts } from "./core/service-account.ts";
import { leases } from "./lease.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "./rbac.ts";
import { reviews, type ReviewDependencies } from "./reviews/reviews.ts";

export interface BuiltInDependencies extends ReviewDependencies, AdmissionRegistrationDependencies {
  /** milliseconds */
  clock(): number;
  /** this server's own API, for subresources that write an object; called when a request comes, so it may be made later */
  local(): InProcessApi;
  /** answers POST serviceaccounts/<name>/token: the TokenRequest with its status. @throws StatusError */
  issueToken: NonNullable<Subresource["handle"]>;
}

/**
 * What every logical cluster serves, in the order of discovery, without CustomResourceDefinition, which is apiextensions' own.
 * @see spec apis-served §1
 */
export function builtInDefinitions(dependencies: BuiltInDependencies): ResourceDefinition[] {
  return [
    configMaps,
    coreEvents,
    namespaces(dependencies),
    resourceQuotas,
    secrets,
    serviceAccounts(dependencies.issueToken),
    ...reviews(dependencies),
    certificateSigningRequests(dependencies),
    leases,
    clusterRoleBindings,
    clusterRoles,
    roleBindings,
    roles,
    ...admissionRegistration(dependencies),
    groupedEvents,
  ];
}
