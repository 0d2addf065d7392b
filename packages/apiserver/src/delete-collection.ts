import type { KubeObject, ListMeta } from "@meshplane/apimachinery";
import { hasReason } from "@meshplane/apimachinery";
import { objectsOf } from "./answer-forms.ts";
import { deleteObject } from "./delete-object.ts";
import type { DeleteOptions } from "./delete-options.ts";
import { listMetadata } from "./encode-list.ts";
import { listPage } from "./list-page.ts";
import type { ListOptions } from "./request-options.ts";
import type { ResourceRequest } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";

/** Deletes what the list would show; what is gone by itself in between does not matter. @returns the objects as they were (wire 59) */
export async function deleteCollection(
  request: ResourceRequest,
  options: ListOptions,
  deletion: DeleteOptions,
): Promise<{ objects: KubeObject[]; metadata: ListMeta }> {
  const { server, definition, cluster, namespace } = request;
  const selection = selectionOf(definition, options.labelSelector, options.fieldSelector);
  const page = await listPage({ definition, cluster, namespace, selection, options, query: undefined }, server.store, server.hub);
  const objects = await objectsOf(definition, page);
  for (const object of objects) {
    try {
      await deleteObject({ ...request, name: object.metadata.name!, namespace: object.metadata.namespace ?? "" }, deletion);
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }
  return { objects, metadata: listMetadata(definition, page) };
}
