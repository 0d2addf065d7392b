import {
  humanDuration,
  badRequest,
  equalJson,
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  type FieldError,
  type JsonValue,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { InProcessApi, ResourceDefinition, SubresourceRequest } from "@meshplane/apiserver";
import { age, ageColumn, column, define, nameColumn, statusVerbs, type Kind } from "./define.ts";
import { certificateProblem, signingRequestProblem } from "./pem.ts";

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
}
interface SigningRequest extends KubeObject {
  spec: {
    request: string | null;
    signerName: string;
    expirationSeconds?: number;
    usages?: string[];
    username?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
  status?: { conditions?: Condition[]; certificate?: string };
}

export interface SigningRequestDependencies {
  /** milliseconds */
  clock(): number;
  local(): InProcessApi;
}

/** Certificate signing requests: who asks is filled in, `/approval` sets Approved and Denied, `/status` the rest. */
export function certificateSigningRequests({ clock, local }: SigningRequestDependencies): ResourceDefinition {
  const stamp = (next: SigningRequest, current: SigningRequest): void =>
    fillTimes(next, current, new Date(clock()).toISOString().replace(/\.\d+Z$/, "Z"));
  const base: Kind<SigningRequest> = {
    group: "certificates.k8s.io",
    resource: "certificatesigningrequests",
    kind: "CertificateSigningRequest",
    shortNames: ["csr"],
    namespaced: false,
    names: "pathSegment",
    prepareForCreate(request, { user }) {
      const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = request.spec;
      request.spec = {
        ...asked,
        username: user.name,
        ...(user.uid ? { uid: user.uid } : {}),
        ...(user.groups.length ? { groups: [...user.groups] } : {}),
        ...(Object.keys(user.extra).length
          ? { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }
          : {}),
      };
      request.status = {};
      forgetManagers(request);
    },
    prepareForUpdate(next, current) {
      next.spec = { ...current.spec };
      next.status = { ...current.status };
      forgetManagers(next);
    },
    validate: requestErrors,
    validateUpdate: (next, current) => changeErrors(next, current, "main"),
    status: {
      prepareForUpdate(next, current) {
        next.spec = { ...current.spec };
        keepConditions(next, current, "Approved");
        keepConditions(next, current, "Denied");
        stamp(next, current);
        forgetManagers(next);
      },
      validateUpdate: (next, current) => [...requestErrors(next), ...changeErrors(next, current, "status")],
    },
    columns: [
      nameColumn,
      ageColumn,
      column("SignerName", "Who is asked to sign."),
      column("Requestor", "Who asks."),
      column("RequestedDuration", "How long the certificate should be valid."),
      column("Condition", "Pending, Approved, Denied, Failed, Issued."),
    ],
    cells: (request, now) => [
      request.metadata.name,
      age(request, now),
      request.spec.signerName || "<none>",
      request.spec.username ?? "",
      request.spec.expirationSeconds === undefined ? "<none>" : humanDuration(request.spec.expirationSeconds * 1000),
      printStatus(request.status),
    ],
    selectableFields: ["spec.signerName"],
    fieldValues: ({ spec }) => ({ "spec.signerName": spec.signerName }),
  };
  // without a status of its own: the generic path would put the stored one back
  const { status: _, ...whole } = base;
  const approving = define<SigningRequest>({
    ...whole,
    prepareForUpdate(next, current) {
      stamp(next, current);
      forgetManagers(next);
      const conditions = next.status?.conditions;
      next.spec = { ...current.spec };
      next.status = { ...current.status };
      delete next.status.conditions;
      if (conditions) next.status.conditions = conditions;
    },
    validateUpdate: (next, current) => changeErrors(next, current, "approval"),
  });
  const approval = ({ verb, name, body, dryRun, context }: SubresourceRequest): Promise<KubeObject> => {
    const { user, cluster } = context;
    const common = { user, cluster, resource: approving, subresource: "approval", name, options: { dryRun } };
    if (verb === "get") return local().object({ ...common, verb });
    if (verb === "patch") return local().object({ ...common, verb, patch: { type: "merge", body: body as JsonValue } });
    const object = body as unknown as SigningRequest;
    const own = object.metadata?.name;
    if (own && own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
    return local().object({ ...common, verb: "update", object });
  };
  return define({ ...base, subresources: { approval: { verbs: statusVerbs, kind: "CertificateSigningRequest", handle: approval } } });
}

/** Upstream keeps no record of who set what for this kind. */
const forgetManagers = ({ metadata }: SigningRequest): void => void delete metadata.managedFields;

function printStatus({ conditions = [], certificate }: NonNullable<SigningRequest["status"]> = {}): string {
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${certificate ? ",Issued" : ""}`;
}

const conditionsOf = (request: SigningRequest, type?: string): Condition[] =>
  (request.status?.conditions ?? []).filter((condition) => type === undefined || condition.type === type);

function fillTimes(next: SigningRequest, current: SigningRequest, now: string): void {
  for (const condition of conditionsOf(next)) {
    condition.lastUpdateTime ??= now;
    const before = conditionsOf(current, condition.type).find(
      ({ status, lastTransitionTime }) => status === condition.status && lastTransitionTime,
    );
    condition.lastTransitionTime ??= before?.lastTransitionTime ?? now;
  }
}

/** Conditions that this writer may not decide stay as they are, while their number is the same; else the change is refused later. */
function keepConditions(next: SigningRequest, current: SigningRequest, type: string): void {
  const before = conditionsOf(current, type);
  if (before.length !== conditionsOf(next, type).length) return;
  let i = 0;
  next.status!.conditions = conditionsOf(next).map((condition) => (condition.type === type ? { ...before[i++]! } : condition));
  if (next.status!.conditions.length === 0) delete next.status!.conditions;
}

const usages = ["any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"]; // prettier-ignore

function requestErrors(request: SigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, status } = request;
  const problem = signingRequestProblem(spec.request ?? "");
  if (problem) errors.push(fieldInvalid("spec.request", spec.request, problem));
  if (!spec.usages?.length) errors.push(fieldRequired("spec.usages"));
  spec.usages?.forEach((usage, i) => {
    if (!usages.includes(usage)) errors.push(fieldNotSupported(`spec.usages[${i}]`, usage, usages));
  });
  spec.usages?.forEach((usage, i) => {
    if (spec.usages!.indexOf(usage) < i) errors.push(fieldDuplicate(`spec.usages[${i}]`, usage));
  });
  if (spec.signerName === "kubernetes.io/legacy-unknown") {
    errors.push(fieldInvalid("spec.signerName", spec.signerName, "the legacy signerName is not allowed via this API version"));
  } else errors.push(...signerNameErrors(spec.signerName));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
    errors.push(
      fieldInvalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)"),
    );
  }
  errors.push(...conditionErrors(conditionsOf(request)));
  const wrong = status?.certificate ? certificateProblem(status.certificate) : undefined;
  if (wrong) errors.push(fieldInvalid("status.certificate", "<certificate data>", wrong));
  return errors;
}

/** `<domain of two labels or more>/<path>`. */
function signerNameErrors(name: string): FieldError[] {
  const field = "spec.signerName";
  const invalid = (detail: string): FieldError => fieldInvalid(field, name, detail);
  if (name === "") return [fieldRequired(field)];
  const slash = name.indexOf("/");
  if (slash < 0) return [invalid("must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const [domain, path] = [name.slice(0, slash), name.slice(slash + 1)];
  if (path.includes("/")) return [invalid("must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors: FieldError[] = [];
  for (const detail of isDns1123Subdomain(domain)) errors.push(invalid(`validating domain name: ${detail}`));
  if (!domain.includes(".")) errors.push(invalid("should be a domain with at least two segments separated by dots"));
  if (path === "") errors.push(invalid("validating label: must be specified"));
  for (const part of path === "" ? [] : path.split("."))
    for (const detail of isDns1123Label(part)) errors.push(invalid(`validating label: ${detail}`));
  return errors;
}

const onlyTrue = new Set(["Approved", "Denied", "Failed"]);

function conditionErrors(conditions: Condition[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach(({ type, status }, i) => {
    const field = `status.conditions[${i}]`;
    if (!type) errors.push(fieldRequired(`${field}.type`));
    const allowed = onlyTrue.has(type) ? ["True"] : ["False", "True", "Unknown"];
    if (!status) errors.push(fieldRequired(`${field}.status`));
    else if (!allowed.includes(status)) errors.push(fieldNotSupported(`${field}.status`, status, allowed));
    const opposite = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (opposite && seen.has(opposite))
      errors.push(fieldInvalid("status.conditions", type, "Approved and Denied conditions are mutually exclusive"));
    if (seen.has(type)) errors.push(fieldDuplicate(`${field}.type`, type));
    seen.add(type);
  });
  return errors;
}

function changeErrors(next: SigningRequest, current: SigningRequest, through: "main" | "status" | "approval"): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (field: string, detail: string): void => void errors.push(fieldForbidden(field, detail));
  const count = (type: string): [number, number] => [conditionsOf(next, type).length, conditionsOf(current, type).length];
  for (const type of ["Approved", "Denied", "Failed"]) {
    const [after, before] = count(type);
    if (after < before) forbid("status.conditions", `updates may not remove a condition of type ${JSON.stringify(type)}`);
  }
  if (through !== "approval") {
    for (const type of ["Approved", "Denied"]) {
      const [after, before] = count(type);
      if (after > before) forbid("status.conditions", `updates may not add a condition of type ${JSON.stringify(type)}`);
      else if (after === before && !equalJson(conditionsOf(next, type), conditionsOf(current, type))) {
        forbid("status.conditions", `updates may not modify a condition of type ${JSON.stringify(type)}`);
      }
    }
  }
  const [issued, before] = [next.status?.certificate ?? "", current.status?.certificate ?? ""];
  if (issued !== before) {
    if (through !== "status") forbid("status.certificate", "updates may not set certificate content");
    else if (before !== "") forbid("status.certificate", "updates may not modify existing certificate content");
  }
  return errors;
}
