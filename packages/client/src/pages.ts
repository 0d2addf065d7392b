import { type KubeList, type KubeObject, hasReason } from "@meshplane/apimachinery";
import type { ListOptions, ResourceClient } from "./object-client.ts";

const pageSize = 500;

/**
 * A list in pages, all of one snapshot.
 * @throws StatusError Expired when the reader was slower than the server keeps its history
 */
export async function* pagesOf<T extends KubeObject>(resource: ResourceClient<T>, options: ListOptions = {}): AsyncIterable<KubeList<T>> {
  let page = await resource.list({ limit: pageSize, ...options });
  yield page;
  // A continue token stands for the snapshot: the server refuses it together with a resourceVersion.
  const { resourceVersion: _version, resourceVersionMatch: _match, ...others } = options;
  while (page.metadata.continue) {
    page = await resource.list({ limit: pageSize, ...others, continue: page.metadata.continue });
    yield page;
  }
}

/** All objects and the resourceVersion that a watch goes on from. A snapshot that expires while it is read is taken again, in one piece. */
export async function listAll<T extends KubeObject>(
  resource: ResourceClient<T>,
  options: ListOptions = {},
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  try {
    let resourceVersion = "";
    for await (const page of pagesOf(resource, options)) {
      for (const item of page.items) items.push(item);
      resourceVersion = page.metadata.resourceVersion ?? "";
    }
    return { items, resourceVersion };
  } catch (error) {
    if (!hasReason(error, "Expired") || items.length === 0) throw error;
    const { limit: _limit, continue: _continue, ...others } = options;
    const list = await resource.list(others);
    return { items: list.items, resourceVersion: list.metadata.resourceVersion ?? "" };
  }
}
