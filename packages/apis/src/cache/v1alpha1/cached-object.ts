import { ageColumn, apiResource, type ApiResource } from "../../api-resource.ts";
import { kindSchema, object } from "../../schema-parts.ts";
import { cacheGroup } from "./cluster-cached-resource.ts";

/** One published object; only the cache holds such. */
export const cachedObjects: ApiResource = apiResource(cacheGroup, "CachedObject", [
  {
    name: "v1alpha1",
    status: true,
    columns: [ageColumn],
    schema: kindSchema(
      "One published object.",
      {
        spec: object({ raw: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }, ["raw"]),
      },
      ["spec"],
    ),
  },
]);
