/** Decides from the world's construction alone what an answer may, must and must not contain. It knows no authorizer. */
import type { Asked, AskedObjects } from "./asked.ts";
import type { WireAnswer } from "./wire.ts";
import { boundResource, claimLabel, exportGroup, markerPattern, type Thing, type World, type WorldUser } from "./world.ts";

export interface Finding {
  kind: "leak" | "count" | "granted" | "missing" | "existence" | "broken";
  detail: string;
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** a view of an export or slice that does not exist is a 500 upstream too (wire 17) */
const unknownView = /^Internal Server Error: "\/services\/[^"]*": .* not found\n?$/;
/** runs that may be base64 of something: at least a marker long */
const encodedPattern = /[A-Za-z0-9+/_-]{24,}/g;

export class Judge {
  readonly #world: World;
  /** every word to look for, with whose it is */
  readonly #words = new Map<string, string>();
  readonly #clusterPattern: RegExp;

  constructor(world: World) {
    this.#world = world;
    for (const thing of world.things) {
      const whose = `${thing.resource} in ${thing.namespace || "-"} of ${thing.cluster}`;
      for (const [part, word] of Object.entries(thing.markers)) this.#words.set(word, `${part} of a thing among ${whose}`);
    }
    for (const tenant of world.tenants) this.#words.set(tenant.cluster, `name of the logical cluster of ${tenant.path}`);
    this.#clusterPattern = new RegExp(`\\b(?:${world.tenants.map(({ cluster }) => cluster).join("|")})\\b`, "g");
  }

  judge(asked: Asked, answer: WireAnswer): Finding[] {
    if (answer.status === 0 || (answer.status === 500 && !unknownView.test(answer.body.toString("latin1"))))
      return [{ kind: "broken", detail: `status ${answer.status}: ${answer.body.toString().slice(0, 300)}` }];
    const visible = this.#visible(asked);
    const text = `${JSON.stringify(answer.headers)}\n${answer.body.toString("latin1")}`;
    const said = this.#wordsIn(text);
    const findings = this.#leaks(asked, visible, said);
    const { objects } = asked;
    if (asked.via === "odd") return findings;
    if (!objects) {
      if (asked.plain && answer.status === 200)
        for (const thing of visible)
          if (/\/apis$|\/openapi\/v3$/.test(asked.wire.path) && !said.has(thing.markers.name))
            findings.push({ kind: "missing", detail: `${thing.name} is not in discovery` });
      return findings;
    }
    const covered = this.covers(asked.user, asked);
    const good = answer.status >= 200 && answer.status < 300;
    if (!covered && good) findings.push({ kind: "granted", detail: `status ${answer.status} without a grant` });
    if (covered && good && objects.verb === "list") findings.push(...this.#counts(asked, objects, visible, answer));
    if (covered && asked.plain) findings.push(...missing(objects, visible, said, answer));
    return findings;
  }

  /** The answer about what exists must not differ from the one about what does not. */
  judgeTwin(asked: Asked, answer: WireAnswer, twin: WireAnswer): Finding[] {
    const [name, other] = asked.twinNames!;
    const plainer = ({ status, headers, body }: WireAnswer, own: string) => {
      const { date: _date, "audit-id": _auditId, ...kept } = headers;
      return `${status} ${JSON.stringify(kept)}\n${body.toString("latin1")}`.replaceAll(own, "NAME");
    };
    const [one, two] = [plainer(answer, name), plainer(twin, other)];
    return one === two ? [] : [{ kind: "existence", detail: `${one.slice(0, 300)}\n   but without the object: ${two.slice(0, 300)}` }];
  }

  /** Whether a user's grants let this be read (or written) at all. */
  covers(user: WorldUser, { via, cluster, objects }: Pick<Asked, "via" | "cluster" | "objects">): boolean {
    if (!objects) return false;
    const { verb, group, resource, namespace } = objects;
    if (via === "cluster") {
      if (user.role === "masters") return true;
      if (user.tenant?.cluster !== cluster) return false;
      if (user.role === "admin" || user.role === "robot") return true;
      return user.role === "reader" && verb !== "write" && group === "" && resource === "configmaps" && namespace === "default";
    }
    if (user.role !== "provider" || verb === "write") return false; // its grant on content is for reading
    const consumer = this.#world.tenants.find((tenant) => tenant.cluster === cluster)?.consumer;
    const claimed = group === "" && (resource === "configmaps" || resource === "secrets");
    const exported = (group === exportGroup && resource === boundResource) || (group === "apis.kcp.io" && resource === "apibindings");
    if (cluster === "*") return claimed || exported;
    return exported ? consumer !== undefined : claimed && consumer === "accepts";
  }

  /** All that this answer may tell. */
  #visible(asked: Asked): Thing[] {
    const { user, via, cluster, objects } = asked;
    return this.#world.things.filter((thing) => {
      if (via === "odd") return this.#reads(user, thing, "cluster") || this.#reads(user, thing, "view");
      if (!this.#reads(user, thing, via)) return false;
      if (cluster !== "*" && thing.cluster !== cluster) return false;
      if (!objects) return thing.discovery;
      if (objects.group !== thing.group || objects.resource !== thing.resource) return false;
      if (objects.namespace && objects.namespace !== thing.namespace) return false;
      if (objects.name && objects.name !== thing.name) return false;
      return !objects.matches || objects.matches(thing);
    });
  }

  #reads(user: WorldUser, thing: Thing, via: "cluster" | "view"): boolean {
    if (via === "view") {
      if (user.role !== "provider") return false;
      const consumer = this.#world.tenants.find((tenant) => tenant.cluster === thing.cluster)?.consumer;
      if (thing.resource === boundResource || thing.resource === "apibindings") return consumer !== undefined;
      return (
        consumer === "accepts" &&
        (thing.resource === "configmaps" || thing.resource === "secrets") &&
        Object.hasOwn(thing.labels, claimLabel)
      );
    }
    if (user.role === "masters") return true;
    if (user.tenant?.cluster !== thing.cluster) return false;
    if (user.role === "admin" || user.role === "robot") return true;
    if (thing.discovery) return user.role === "reader" || user.role === "guest";
    return user.role === "reader" && thing.resource === "configmaps" && thing.namespace === "default";
  }

  #leaks(asked: Asked, visible: readonly Thing[], said: ReadonlySet<string>): Finding[] {
    const { user } = asked;
    const allowed = new Set(visible.flatMap((thing) => Object.values(thing.markers)));
    for (const { cluster, consumer } of this.#world.tenants)
      if (user.role === "masters" || user.tenant?.cluster === cluster || (user.role === "provider" && consumer)) allowed.add(cluster);
    // an answer may repeat what it was asked; namespaces and groups are words of the request too
    const request = `${asked.wire.path}\n${JSON.stringify(asked.wire.headers ?? {})}\n${String(asked.wire.body ?? "")}`;
    for (const word of this.#wordsIn(request)) allowed.add(word);
    // whoever sees an object sees which namespace it is in; a bound or own kind tells its group
    for (const thing of visible) {
      for (const word of this.#wordsIn(thing.namespace)) allowed.add(word);
      for (const word of this.#wordsIn(thing.group)) allowed.add(word);
    }
    return [...said]
      .filter((word) => !allowed.has(word))
      .map((word) => ({ kind: "leak" as const, detail: `${word}, the ${this.#words.get(word)}` }));
  }

  /** All known words in a text, also behind base64 (Secrets, continue tokens). */
  #wordsIn(text: string): Set<string> {
    const found = new Set<string>();
    const look = (part: string) => {
      for (const pattern of [markerPattern, uuidPattern, this.#clusterPattern])
        for (const [word] of part.matchAll(pattern)) if (this.#words.has(word)) found.add(word);
    };
    look(text);
    if (text.includes("%")) look(text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))));
    for (const [run] of text.matchAll(encodedPattern)) look(Buffer.from(run, "base64").toString("latin1"));
    return found;
  }

  #counts(asked: Asked, objects: AskedObjects, visible: readonly Thing[], answer: WireAnswer): Finding[] {
    const list = parsed(answer);
    const entries = list?.items ?? list?.rows;
    if (!Array.isArray(entries)) return [];
    const remaining = (list?.metadata as { remainingItemCount?: number } | undefined)?.remainingItemCount ?? 0;
    const total = this.#total(asked, objects, visible);
    if (total === undefined) return [];
    const counted = entries.length + remaining;
    const cut = objects.limit !== undefined && remaining === 0 && entries.length === objects.limit; // with a selector nothing is counted
    if (cut ? counted <= total : counted === total) return [];
    return [{ kind: "count", detail: `${entries.length} listed and ${remaining} remaining; the grants allow ${total}` }];
  }

  /** undefined when it is not known by construction */
  #total({ via, cluster }: Asked, objects: AskedObjects, visible: readonly Thing[]): number | undefined {
    if (via === "view" || objects.matches) return via === "view" || objects.countable ? visible.length : undefined;
    if (cluster === "*") return undefined;
    const key = `${cluster}|${objects.group}|${objects.resource}|`;
    return this.#world.counts.get(`${key}${objects.namespace}`) ?? (this.#world.counts.has(key) ? 0 : undefined);
  }
}

/** The positive control: what is covered is there. */
function missing(objects: AskedObjects, visible: readonly Thing[], said: ReadonlySet<string>, answer: WireAnswer): Finding[] {
  if (objects.verb === "write" || objects.limit !== undefined) return [];
  if (objects.name && visible.length === 0)
    return answer.status === 404 ? [] : [{ kind: "missing", detail: `status ${answer.status} for what does not exist` }];
  if (answer.status !== 200)
    return [{ kind: "missing", detail: `status ${answer.status} despite a grant: ${answer.body.toString().slice(0, 300)}` }];
  const parts =
    objects.shows === "name"
      ? (["name"] as const)
      : (["name", "label", "uid", ...(objects.shows === "all" ? (["value"] as const) : [])] as const);
  return visible.flatMap((thing) =>
    parts
      .filter((part) => !said.has(thing.markers[part]) && !(part === "value" && valueless.has(thing.resource)))
      .map((part) => ({ kind: "missing" as const, detail: `the ${part} of ${thing.resource} ${thing.name} in ${thing.cluster}` })),
  );
}

/** their markers are in names and labels only */
const valueless = new Set(["namespaces", "apibindings"]);

function parsed(answer: WireAnswer): { items?: unknown; rows?: unknown; metadata?: unknown } | undefined {
  if (answer.headers["content-type"] !== "application/json") return undefined;
  try {
    return JSON.parse(answer.body.toString());
  } catch {
    return undefined;
  }
}
