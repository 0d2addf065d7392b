/** The document of a path without resources: it can be read, and answers JSON. */
export function plainOpenApi(name: string, version: string): object {
  const isGroup = name === "api" || name === "apis" || name.startsWith("apis/");
  const path = isGroup ? `/${name}/` : name.includes(".") || name.includes("/") ? `/${name}` : `/${name}/`;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version },
    paths: {
      [path]: {
        get: {
          description: isGroup ? "Which groups and versions there are." : "What the server says about itself.",
          operationId: `get${name
            .split(/[^a-zA-Z0-9]+/)
            .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
            .join("")}`,
          responses: {
            "200": { description: "OK", content: { "application/json": { schema: { type: "object" } } } },
            "401": { description: "Unauthorized" },
          },
        },
      },
    },
    components: { schemas: {} },
  };
}
