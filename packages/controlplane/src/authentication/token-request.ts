import {
  badRequest,
  conflict,
  fieldInvalid,
  fieldRequired,
  formatGroupVersionKind,
  invalid,
  notFound,
  parseGroupVersion,
  trackUpdate,
  type JsonObject,
  type JsonSchema,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
} from "@meshplane/apimachinery";
import type { SubresourceRequest } from "@meshplane/apiserver";
import type { Store } from "@meshplane/storage";
import { timestamp } from "@meshplane/controller-runtime";
import { coreKey, type ServiceAccountTokens, type TokenSubject } from "./service-account-tokens.ts";

const kind = { group: "authentication.k8s.io", kind: "TokenRequest" };
const serviceAccounts = { group: "", resource: "serviceaccounts" };
const secrets = { group: "", resource: "secrets" };

const secondsDefault = 3600;
const secondsMin = 600;
const secondsMax = 2 ** 32;

const text: JsonSchema = { type: "string" };
const tokenRequestSchema: JsonSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        audiences: { type: "array", items: text, "x-kubernetes-list-type": "atomic" },
        expirationSeconds: { type: "integer" },
        boundObjectRef: {
          type: "object",
          properties: { apiVersion: text, kind: text, name: text, uid: text },
        },
      },
    },
  },
};

interface TokenRequestSpec {
  audiences?: string[] | null;
  expirationSeconds?: number | bigint | null;
  boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } | null;
}

/**
 * POST serviceaccounts/<name>/token (wire 76).
 * @throws StatusError 400 for what a token cannot be bound to, 404, 409 for another uid, 422
 */
export function tokenRequestHandler(
  tokens: ServiceAccountTokens,
  deps: { store: Store; clock: () => number; uid: () => string },
): (request: SubresourceRequest) => Promise<KubeObject> {
  return async (request) => {
    const { cluster, namespace, name } = request;
    requireKind(request.body);
    const spec = specOf(request.body);
    const audiences = spec.audiences?.length ? spec.audiences : [tokens.issuer];
    const seconds = Number(spec.expirationSeconds ?? secondsDefault);
    const errors = [];
    if (seconds < secondsMin) {
      errors.push(fieldInvalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"));
    }
    if (seconds > secondsMax) {
      errors.push(fieldInvalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"));
    }
    if (audiences.some((audience) => audience === "")) errors.push(fieldRequired("spec.audiences"));
    if (errors.length > 0) throw invalid(kind, nameOf(request.body), errors);

    const account = await deps.store.get(coreKey("serviceaccounts", cluster, namespace, name));
    if (!account) throw notFound(serviceAccounts, name);
    const subject: TokenSubject = {
      cluster,
      namespace,
      serviceAccount: { name, uid: account.header.uid },
    };
    const bound = spec.boundObjectRef;
    if (bound) subject.secret = await boundSecret(cluster, namespace, bound);

    const created = timestamp(new Date(deps.clock()));
    const metadata: ObjectMeta = { name, namespace, uid: deps.uid(), creationTimestamp: created };
    if (request.manager !== undefined) metadata.managedFields = ownedFields(spec, seconds, request.manager, created);
    const answer = {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata,
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: bound ?? null },
    };
    if (request.dryRun) return { ...answer, status: { token: "", expirationTimestamp: null } };
    const { token, expiration } = await tokens.issue(subject, audiences, seconds);
    return { ...answer, status: { token, expirationTimestamp: timestamp(new Date(expiration)) } };
  };

  async function boundSecret(
    cluster: string,
    namespace: string,
    ref: NonNullable<TokenRequestSpec["boundObjectRef"]>,
  ): Promise<{ name: string; uid: string }> {
    const name = ref.name ?? "";
    const { group = "", version = "" } = parseGroupVersion(ref.apiVersion ?? "") ?? {};
    const gvk = { group, version, kind: ref.kind ?? "" };
    if (group !== "" || version !== "v1" || gvk.kind !== "Secret") {
      throw badRequest(`cannot bind token to object of type ${formatGroupVersionKind(gvk)}`);
    }
    const record = name.includes("/") ? undefined : await deps.store.get(coreKey("secrets", cluster, namespace, name));
    if (!record) throw notFound(secrets, name);
    if (ref.uid && ref.uid !== record.header.uid) {
      // the kind, in the place of the resource
      throw conflict(
        { group: "", resource: "Secret" },
        name,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    return { name, uid: record.header.uid };
  }
}

/** @throws StatusError 400 for an object of another kind */
function requireKind(body: JsonObject | undefined): void {
  const given = body?.["kind"];
  if (typeof given !== "string" || given === "" || given === kind.kind) return;
  const version = String(body?.["apiVersion"] ?? "")
    .split("/")
    .at(-1);
  throw badRequest(
    `${given} in version ${JSON.stringify(version)} cannot be handled as a TokenRequest: converting (${version}.${given}) to (authentication.TokenRequest): unknown conversion`,
  );
}

/** The one who asked owns what it asked for, and the duration, which is filled in before anybody looks. */
function ownedFields(spec: TokenRequestSpec, seconds: number, manager: string, now: string): ManagedFieldsEntry[] {
  const next = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: {} as ObjectMeta,
    spec: { ...spec, expirationSeconds: seconds },
  };
  trackUpdate({
    // upstream's empty request has these, so nobody owns that they are there
    live: { metadata: {}, spec: { boundObjectRef: {} } },
    next: next as unknown as JsonObject,
    manager,
    apiVersion: next.apiVersion,
    subresource: "token",
    schema: tokenRequestSchema,
    now,
  });
  return next.metadata.managedFields ?? [];
}

function specOf(body: JsonObject | undefined): TokenRequestSpec {
  const spec = body && Object.hasOwn(body, "spec") ? body["spec"] : undefined;
  return typeof spec === "object" && spec !== null && !Array.isArray(spec) ? (spec as TokenRequestSpec) : {};
}

function nameOf(body: JsonObject | undefined): string {
  const metadata = body?.["metadata"] as JsonObject | undefined;
  return typeof metadata?.["name"] === "string" ? metadata["name"] : "";
}
