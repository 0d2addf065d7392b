import { apiResource, column, type ApiResource } from "../../api-resource.ts";
import { conditionsSchema, integer, kindSchema, list, object, text } from "../../schema-parts.ts";

export const migrationGroup = "migration.kcp.io";

/** The move of a logical cluster to another shard. @see spec scale §7 */
export const logicalClusterMigrations: ApiResource = apiResource(migrationGroup, "LogicalClusterMigration", [
  {
    name: "v1alpha1",
    status: true,
    columns: [
      column("Logical Cluster", ".spec.logicalCluster", "What moves"),
      column("Phase", ".status.phase", "How far the move is"),
      column("Destination", ".spec.destinationShard", "Where it moves to"),
      column("Entries Copied", ".status.entriesCopied", "Records copied so far", "integer"),
    ],
    schema: kindSchema("The move of a logical cluster to another shard.", {
      spec: object({ destinationShard: text({ minLength: 1 }), logicalCluster: text({ minLength: 1 }) }, [
        "destinationShard",
        "logicalCluster",
      ]),
      status: object({
        conditions: conditionsSchema,
        dumpContinue: text(),
        entriesCopied: integer({ format: "int64" }),
        originShard: text(),
        phase: text({
          enum: ["Preparing", "Migrating", "OriginCleanup", "DestinationFinalize", "Completed", "Failed"],
          default: "Preparing",
        }),
      }),
    }),
  },
]);

/** One page of a logical cluster's records. */
export const logicalClusterDumps: ApiResource = apiResource(
  migrationGroup,
  "LogicalClusterDump",
  [
    {
      name: "v1alpha1",
      schema: kindSchema("One page of a logical cluster's records.", {
        spec: object({
          continue: text(),
          limit: integer({ format: "int64" }),
          maxBytes: integer({ format: "int64" }),
        }),
        status: object({
          continue: text(),
          entries: list(object({ key: text(), value: text({ format: "byte" }) }, ["key", "value"])),
        }),
      }),
    },
  ],
  { namespaced: true, categories: [] },
);
