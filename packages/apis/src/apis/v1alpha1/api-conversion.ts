import type { KubeObject } from "../../kube.ts";
import { ageColumn, apiResource, type ApiResource } from "../../api-resource.ts";
import { kindSchema, list, mapList, object, text, versionPattern } from "../../schema-parts.ts";
import { apisGroup } from "./api-resource-schema.ts";

/** Rules between versions of an APIResourceSchema; stored and checked, not executed. @see spec apis §2 */
export interface APIConversion extends KubeObject {
  spec: {
    conversions: {
      from: string;
      to: string;
      rules: { field: string; destination: string; transformation?: string }[];
      preserve?: string[];
    }[];
  };
}

const version = () => text({ minLength: 1, pattern: versionPattern });

export const apiConversions: ApiResource = apiResource(apisGroup, "APIConversion", [
  {
    name: "v1alpha1",
    columns: [ageColumn],
    schema: kindSchema(
      "Rules between the versions of the APIResourceSchema of the same name.",
      {
        spec: object(
          {
            conversions: mapList(
              ["from", "to"],
              object(
                {
                  from: version(),
                  preserve: list(text()),
                  rules: mapList(
                    ["destination"],
                    object(
                      {
                        destination: text({ minLength: 1 }),
                        field: text({ minLength: 1 }),
                        transformation: text(),
                      },
                      ["destination", "field"],
                    ),
                  ),
                  to: version(),
                },
                ["from", "rules", "to"],
              ),
            ),
          },
          ["conversions"],
        ),
      },
      ["metadata", "spec"],
    ),
  },
]);
