export type MediaType = "json" | "yaml" | "protobuf";
export type Transform = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

/** The form of an answer. */
export interface Form {
  readonly mediaType: MediaType;
  /** undefined: the object itself */
  readonly as: Transform | undefined;
  /** meta.k8s.io version of the transform */
  readonly asVersion: "v1" | "v1beta1";
  /** asked for by `;pretty=1` */
  readonly pretty: boolean;
  /** the client named `;stream=watch` */
  readonly stream: boolean;
}

export interface Unacceptable {
  /** "generic": upstream's outer negotiation of built-in kinds refused it; "typed": the inner one did (wire 33 a, b) */
  readonly refused: "generic" | "typed";
  /** the form that the refusal itself takes */
  readonly mediaType: MediaType;
}

const plainJson: Form = Object.freeze({ mediaType: "json", as: undefined, asVersion: "v1", pretty: false, stream: false });

/** which forms the resource at hand has */
export interface Offer {
  readonly builtIn: boolean;
  /** objects in protobuf; transforms exist in it for all kinds */
  readonly protobuf: boolean;
  readonly watch: boolean;
}

const cacheMax = 512;
const cache = new Map<string, Form | Unacceptable>();

/** Chooses the first acceptable form in the client's order of preference. Remembers headers: clients send very few. @see wire §3 */
export function negotiate(accept: string | undefined, offer: Offer): Form | Unacceptable {
  if (accept === undefined || accept === "" || accept === "*/*" || accept === "application/json") return plainJson;
  const key = `${offer.builtIn ? "b" : "c"}${offer.protobuf ? "p" : "-"}${offer.watch ? "w" : "-"}${accept}`;
  const known = cache.get(key);
  if (known) return known;
  const form = choose(accept, offer);
  if (accept.length <= 1024) {
    if (cache.size >= cacheMax) cache.clear();
    cache.set(key, form);
  }
  return form;
}

function choose(accept: string, offer: Offer): Form | Unacceptable {
  let refused: Unacceptable | undefined;
  for (const clause of clausesOf(accept)) {
    const mediaType = mediaTypeOf(clause, offer);
    if (mediaType === undefined) continue;
    const as = clause.parameters.get("as");
    const form: Form = {
      mediaType,
      as: as as Transform | undefined,
      asVersion: clause.parameters.get("v") === "v1beta1" ? "v1beta1" : "v1",
      pretty: clause.parameters.get("pretty") === "1" || clause.parameters.get("pretty") === "true",
      stream: clause.parameters.get("stream") === "watch",
    };
    if (isServed(form, clause, offer)) return form;
    refused ??= { refused: "typed", mediaType: as === undefined ? mediaType : "json" };
  }
  return refused ?? { refused: offer.builtIn ? "generic" : "typed", mediaType: "json" };
}

function isServed(form: Form, clause: Clause, offer: Offer): boolean {
  if (form.as === undefined) {
    if (offer.watch && form.mediaType === "yaml") return false;
    return form.mediaType !== "protobuf" || offer.protobuf;
  }
  const version = clause.parameters.get("v");
  if (clause.parameters.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return false;
  if (form.as === "Table") return form.mediaType !== "protobuf";
  return form.as === "PartialObjectMetadata" || form.as === "PartialObjectMetadataList";
}

function mediaTypeOf(clause: Clause, offer: Offer): MediaType | undefined {
  switch (clause.type) {
    case "application/json":
    case "*/*":
      return "json";
    case "application/*":
      return offer.builtIn ? undefined : "json";
    case "application/yaml":
      return "yaml";
    case "application/vnd.kubernetes.protobuf":
      return "protobuf";
    default:
      return undefined;
  }
}

export interface Clause {
  readonly type: string;
  readonly q: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The clauses of an Accept header, the most wanted first; equals keep their order. A quality of 0 does not exclude (wire 19). */
export function clausesOf(accept: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of accept.split(",", 64)) {
    const [type, ...rest] = part.split(";", 32);
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const equals = parameter.indexOf("=");
      if (equals > 0) parameters.set(parameter.slice(0, equals).trim(), unquote(parameter.slice(equals + 1).trim()));
    }
    const q = Number(parameters.get("q") ?? "1");
    clauses.push({ type: type!.trim(), q: Number.isNaN(q) ? 1 : q, parameters });
  }
  return clauses.sort((a, b) => b.q - a.q);
}

const unquote = (text: string): string => (text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text);
