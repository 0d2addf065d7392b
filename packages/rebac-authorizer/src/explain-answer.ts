import type { EmbeddedOpenFga, OpenFga } from "@meshplane/rebac";
import type { AccessRequest } from "./access-request.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { Answer } from "./decide.ts";

/** Why the relationships say what they say, for people of the workspace that was asked about. */
export interface RelationshipEvidence {
  object: string;
  relation: string;
  user: string;
  allowed: boolean;
  /** the tuples that granted it, from the user to the object; undefined when the engine does not tell */
  path?: { user: string; relation: string; object: string; contextual?: boolean }[];
  /** what would have granted it, from the object outwards */
  missing?: { object: string; relation: string; why: string }[];
}

const depthMax = 32;
export const hidden = "(elsewhere)";

/** Names show what lies in the workspace itself and the accounts above it, and nothing beside. */
export async function explainAnswer(
  { cluster }: AccessRequest,
  { asked, allowed }: Answer,
  { fga, directory }: { fga: OpenFga; directory: AccountDirectory },
): Promise<RelationshipEvidence | undefined> {
  if (!asked) return undefined;
  const { storeId, user, relation, object, contextualTuples } = asked;
  const above = new Set<string>();
  for (let at = cluster, depth = 0; depth < depthMax; depth++) {
    const entry = await directory.of(at);
    if (!entry) break;
    above.add(`${entry.originCluster}/${entry.account}`);
    at = entry.originCluster;
  }
  const show = (id: string): string => {
    const [, type, rest = "", suffix = ""] = /^([^:#]+):([^#]*)(#.*)?$/.exec(id) ?? [];
    if (type === undefined) return hidden;
    const parts = rest.split("/");
    if (type === "role" && parts.length > 1) parts.shift();
    if (type === "user") return id === user || rest === "*" ? id : hidden;
    // of no workspace: everybody's role, the organizations as a whole
    if (parts.length === 1) return id;
    const own = parts[0] === cluster || above.has(`${parts[0]}/${parts[1]}`);
    return own ? id : `${type}:${hidden}${suffix}`;
  };
  const evidence: RelationshipEvidence = { object: show(object), relation, user: show(user), allowed };
  if (!isExplaining(fga)) return evidence;
  try {
    const { path, missing } = fga.explain({ storeId, user, relation, object, contextualTuples });
    if (allowed)
      evidence.path = path.map((tuple) => ({
        user: show(tuple.user),
        relation: tuple.relation,
        object: show(tuple.object),
        ...(tuple.contextual ? { contextual: true } : {}),
      }));
    else evidence.missing = missing.map((one) => ({ object: show(one.object), relation: one.relation, why: one.why }));
  } catch {
    // what the model does not know: the reason says it
  }
  return evidence;
}

const isExplaining = (fga: OpenFga): fga is EmbeddedOpenFga => "explain" in fga && typeof fga.explain === "function";
