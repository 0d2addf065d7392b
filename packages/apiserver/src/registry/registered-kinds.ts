import type { ResourceDefinition } from "../resource-definition.ts";
import { apiVersionOf } from "../record-codec.ts";

const registered = new Set<string>();

/** Notes the built-in kinds of a surface, so that errors can tell a kind in the wrong place from an unknown one. */
export function registerKinds(definitions: readonly ResourceDefinition[]): void {
  for (const definition of definitions) if (definition.builtIn) registered.add(`${apiVersionOf(definition)} ${definition.kind}`);
}

export const isRegistered = (apiVersion: string, kind: string): boolean => registered.has(`${apiVersion} ${kind}`);
