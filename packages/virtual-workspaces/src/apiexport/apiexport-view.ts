/**
 * `/services/apiexport/<export cluster>/<export name>/clusters/<*|name>/…`: what a provider sees of its consumers. Exported resources whole, claimed ones
 * as far as each consumer accepted, nothing else. @see spec virtual-workspaces §2
 */
import { allClusters } from "@meshplane/apimachinery";
import {
  allow,
  mastersGroup,
  TextAnswer,
  type AuthorizationAttributes,
  type Authorizer,
  type Decision,
  type Endpoint,
  type Surface,
} from "@meshplane/apiserver";
import type { VirtualWorkspace } from "@meshplane/kcp";
import { parseViewPath } from "../parse-view-path.ts";
import type { ExportName, ViewDependencies } from "../view-dependencies.ts";
import { bindingAuthorizer, bindingOf } from "./binding-authorizer.ts";
import { acceptedClaim, isBoundResource } from "./claims.ts";
import { claimedPolicyAuthorizer } from "./claimed-policy-authorizer.ts";
import { contentAuthorizer } from "./content-authorizer.ts";
import { exportSurface } from "./export-surface.ts";
import { selectorAdmission } from "./selector-admission.ts";
import { withConsumerWarrant } from "./consumer-warrant.ts";

/** exports whose surface and authorizers are kept */
const viewsMax = 1_000;

export function apiExportView(deps: ViewDependencies): VirtualWorkspace {
  const views = new Map<string, ExportView>();
  const viewOf = (name: ExportName): ExportView => {
    const key = `${name.cluster}/${name.name}`;
    let view = views.get(key);
    if (!view) {
      view = exportView(name, deps);
      views.set(key, view);
      if (views.size > viewsMax) views.delete(views.keys().next().value!);
    }
    return view;
  };
  return {
    name: "apiexport",
    resolve(http, rest): Endpoint | undefined {
      const parsed = parseViewPath(rest, 2);
      if (!parsed) return undefined;
      const view = viewOf({ cluster: parsed.segments[0]!, name: parsed.segments[1]! });
      return {
        cluster: parsed.cluster,
        path: parsed.path,
        surfaces: (cluster) => view.surface(http.path, cluster),
        authorize: view.authorize,
        admission: view.admission,
        actAs: (user, target) => (target.cluster === "*" ? user : withConsumerWarrant(user, target.cluster)),
        userAgent: "kcp",
        virtual: true,
      };
    },
  };
}

interface ExportView {
  surface(path: string, consumer: string): Surface | Promise<Surface>;
  authorize: Authorizer;
  admission: NonNullable<Endpoint["admission"]>;
}

function exportView(name: ExportName, deps: ViewDependencies): ExportView {
  let kept: { generation: number; surface: Surface } | undefined;
  /** of an export with virtual resources: what they show hangs on who asks */
  const consumers = new Map<string, { generation: number; theirs: Surface; surface: Surface }>();
  const steps = [bindingAuthorizer(deps, name), contentAuthorizer(deps.authorize, name), claimedPolicyAuthorizer(deps, name)];
  return {
    surface(path, consumer) {
      if (consumer !== allClusters && deps.exports.get(name.cluster, name.name)?.resources.some(({ storage }) => storage?.virtual))
        return buildFor(path, consumer);
      return kept?.generation === deps.generation() ? kept.surface : build(path);
    },
    authorize(attributes) {
      if (attributes.user.groups.includes(mastersGroup)) return allow("system:masters");
      return everyStep(steps, attributes);
    },
    admission: [
      selectorAdmission(async ({ cluster, definition, operation }) => {
        const binding = await bindingOf(deps, cluster, name);
        if (!binding || isBoundResource(binding, definition.group, definition.resource)) return undefined;
        const claims = deps.exports.get(name.cluster, name.name)?.permissionClaims ?? [];
        const verb = operation === "CREATE" ? "create" : operation === "UPDATE" ? "update" : "delete";
        return acceptedClaim(binding, claims, definition.group, definition.resource, verb)?.selector;
      }),
    ],
  };

  async function build(path: string): Promise<Surface> {
    const generation = deps.generation();
    const entry = deps.exports.get(name.cluster, name.name);
    if (!entry) return missingExport(path, name);
    const surface = await exportSurface(`apiexport/${name.cluster}/${name.name}/${generation}`, entry, allClusters, deps);
    if (deps.generation() === generation) kept = { generation, surface };
    return surface;
  }

  async function buildFor(path: string, consumer: string): Promise<Surface> {
    const generation = deps.generation();
    const theirs = await deps.surfaces(consumer);
    const known = consumers.get(consumer);
    if (known?.generation === generation && known.theirs === theirs) return known.surface;
    const entry = deps.exports.get(name.cluster, name.name);
    if (!entry) return missingExport(path, name);
    const key = `apiexport/${name.cluster}/${name.name}/${generation}/${consumer}/${theirs.key}`;
    const surface = await exportSurface(key, entry, consumer, deps);
    consumers.set(consumer, { generation, theirs, surface });
    if (consumers.size > viewsMax) consumers.delete(consumers.keys().next().value!);
    return surface;
  }
}

/** Each must allow; the first that does not has the last word. */
function everyStep(steps: readonly Authorizer[], attributes: AuthorizationAttributes): Decision | Promise<Decision> {
  let last = allow("");
  for (const [i, step] of steps.entries()) {
    const answer = step(attributes);
    if (answer instanceof Promise)
      return answer.then((decision) =>
        decision.decision === "allow" && i + 1 < steps.length ? everyStep(steps.slice(i + 1), attributes) : decision,
      );
    if (answer.decision !== "allow") return answer;
    last = answer;
  }
  return last;
}

/** Whoever may see the export's content learns that there is none; everybody else has been refused before. */
function missingExport(path: string, { name }: ExportName): Surface {
  const refuse = (): never => {
    throw new TextAnswer(
      500,
      `Internal Server Error: ${JSON.stringify(path)}: API export not found: apiexport.apis.kcp.io ${JSON.stringify(name)} not found\n`,
    );
  };
  return {
    key: "apiexport/missing",
    lookup: refuse,
    get definitions() {
      return refuse();
    },
  };
}
