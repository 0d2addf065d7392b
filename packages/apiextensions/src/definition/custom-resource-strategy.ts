import { equalJson, forbidden, type KubeObject } from "@meshplane/apimachinery";
import type { RequestContext, Strategy } from "@meshplane/apiserver";
import type { ScaleSpec } from "../crd/crd.ts";
import type { CompiledSchema } from "../structural/compile-schema.ts";
import { validateScale } from "./scale.ts";

export interface CustomResourceStrategyOptions {
  group: string;
  resource: string;
  /** built when it is first needed */
  compiled: () => CompiledSchema;
  status: boolean;
  scale: ScaleSpec | undefined;
  pathSegmentNames: boolean;
  /** why nothing may be created any more; undefined while it may */
  refuseCreate: string | undefined;
}

/** Write rules of custom resources. @see k8s.io/apiextensions-apiserver registry/customresource/strategy.go */
export function customResourceStrategy(options: CustomResourceStrategyOptions): Strategy {
  const { compiled, scale, status } = options;
  return {
    nameValidation: options.pathSegmentNames ? "pathSegment" : "dns1123Subdomain",
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    applyDefaults: (object) => compiled().applyDefaults(object),
    prepareForCreate(object) {
      if (options.refuseCreate !== undefined) {
        throw forbidden({ group: options.group, resource: options.resource }, object.metadata.name ?? "", options.refuseCreate);
      }
      if (status) delete object["status"];
    },
    validateCreate: (object) => [...compiled().validate(object), ...validateScale(object, scale, "spec")],
    validateUpdate: (next, current, context) => [
      ...compiled().validate(next, current, (text) => context.warn(text)),
      ...validateScale(next, scale, "spec"),
    ],
    specChanged: (next, current) => differs(next, current, status),
    ...(status
      ? {
          status: {
            validateUpdate: (next: KubeObject, current: KubeObject, context: RequestContext) => [
              ...compiled().validateStatus(next, current, (text) => context.warn(text)),
              ...validateScale(next, scale, "status"),
            ],
          },
        }
      : {}),
  };
}

/** Anything but metadata, and but the status where it has an endpoint of its own. */
function differs(next: KubeObject, current: KubeObject, exceptStatus: boolean): boolean {
  const ignored = (key: string): boolean =>
    key === "metadata" || key === "apiVersion" || key === "kind" || (exceptStatus && key === "status");
  for (const key of new Set([...Object.keys(next), ...Object.keys(current)])) {
    if (!ignored(key) && !equalJson(next[key], current[key])) return true;
  }
  return false;
}
