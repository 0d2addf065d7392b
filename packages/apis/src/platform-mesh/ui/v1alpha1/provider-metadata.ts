import type { KubeObject } from "../../../kube.ts";
import { apiResource, type ApiResource } from "../../../api-resource.ts";
import { kindSchema, list, object, text } from "../../../schema-parts.ts";
import { anything } from "../../schema-parts.ts";
import { uiGroup } from "../../well-known.ts";

interface NamedLink {
  displayName?: string;
  url?: string;
}
interface Image {
  url?: string;
  data?: string;
}

/** How a provider presents itself in the marketplace. @see spec platform-mesh/marketplace-portal §2 */
export interface ProviderMetadata extends KubeObject {
  spec: {
    displayName: string;
    description?: string;
    tags?: string[];
    data?: unknown;
    contacts?: { displayName: string; email?: string; role?: string[] }[];
    documentation?: NamedLink[];
    links?: NamedLink[];
    preferredSupportChannels?: NamedLink[];
    helpCenterData?: NamedLink[];
    icon?: { light: Image; dark: Image };
    detailViewExtensions?: { url: string }[];
  };
  status?: Record<string, never>;
}

const links = () => list(object({ displayName: text(), url: text() }));
const image = () => object({ data: text(), url: text() });

export const providerMetadatas: ApiResource = apiResource(
  uiGroup,
  "ProviderMetadata",
  [
    {
      name: "v1alpha1",
      status: true,
      schema: kindSchema("How a provider presents itself in the marketplace.", {
        spec: object(
          {
            contacts: list(object({ displayName: text(), email: text(), role: list(text()) }, ["displayName"])),
            data: anything(),
            description: text(),
            detailViewExtensions: list(object({ url: text() }, ["url"])),
            displayName: text({ description: "Title of its card." }),
            documentation: links(),
            helpCenterData: links(),
            icon: object({ dark: image(), light: image() }, ["dark", "light"]),
            links: links(),
            preferredSupportChannels: links(),
            tags: list(text()),
          },
          ["displayName"],
        ),
        status: object({}),
      }),
    },
  ],
  { categories: [] },
);
