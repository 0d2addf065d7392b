import type { ResourceDefinition, Surface, SurfaceSource } from "@meshplane/apiserver";
import type { ResourceShape, ShapeOf } from "./access-request.ts";

/** Shapes of what this server serves. Surfaces are shared and never change, so what was found on one is found at once the next time. */
export function shapesOf(surfaces: SurfaceSource): ShapeOf {
  const found = new WeakMap<Surface, Map<string, ResourceShape | undefined>>();
  const shapeOn = (surface: Surface, group: string, version: string, resource: string): ResourceShape | undefined => {
    if (version !== "") return surface.lookup(group, version, resource);
    let known = found.get(surface);
    if (!known) found.set(surface, (known = new Map()));
    const key = `${group}/${resource}`;
    if (!known.has(key)) {
      const definition = surface.definitions.find((one: ResourceDefinition) => one.group === group && one.resource === resource);
      if (!definition) return undefined; // names are anybody's to make up
      known.set(key, definition);
    }
    return known.get(key);
  };
  return (cluster, group, version, resource) => {
    const surface = surfaces(cluster);
    return surface instanceof Promise
      ? surface.then((it) => shapeOn(it, group, version, resource))
      : shapeOn(surface, group, version, resource);
  };
}
