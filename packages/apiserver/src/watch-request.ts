import type { WatchOptions } from "./request-options.ts";
import { garbageResourceVersion, parseResourceVersion } from "./request-options.ts";
import type { ResourceDefinition } from "./resource-definition.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";
import type { EventForm, WatchRequest } from "./watch-hub/watch-hub.ts";

const shortestDefaultMs = 30 * 60_000;

/** What the hub is asked for. @throws StatusError 400, 500 (wire 68, 70, 73, 74) */
export function watchRequestOf(
  request: ResourceRequest,
  options: WatchOptions,
  form: EventForm,
  formOf: (definition: ResourceDefinition) => EventForm,
): WatchRequest {
  const { definition, cluster, namespace, name } = request;
  const fields = name === "" ? options.fieldSelector : `metadata.name=${name}`;
  const { filter } = selectionOf(definition, options.labelSelector, fields);
  const revision = options.resourceVersion === "" ? 0 : parseResourceVersion(options.resourceVersion);
  if (revision === undefined) throw garbageResourceVersion(options.resourceVersion);
  const current = options.sendInitialEvents ?? revision === 0;
  const { timeoutSeconds } = options;
  return {
    definition,
    cluster,
    namespace,
    filter,
    form,
    renew() {
      const now = request.currentDefinition?.();
      return now && now !== definition ? { definition: now, form: formOf(now) } : undefined;
    },
    since: current ? undefined : revision === 0 ? request.server.hub.progress : revision,
    notOlderThan: current ? revision : 0,
    ...(request.recheck ? { recheck: request.recheck } : {}),
    bookmarks: options.allowWatchBookmarks,
    markInitialEventsEnd: options.sendInitialEvents === true && options.allowWatchBookmarks,
    // the defaults differ so that watches opened together do not end together
    lastsMs: timeoutSeconds === undefined || timeoutSeconds === 0 ? shortestDefaultMs * (1 + Math.random()) : timeoutSeconds * 1000,
  };
}
