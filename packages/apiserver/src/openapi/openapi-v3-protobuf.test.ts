import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeOpenApiV3 } from "./openapi-v3-protobuf.ts";

/** Checked against gnostic's own reading of the same document. */
test("an OpenAPI 3.0 document as protobuf", () => {
  const document = {
    openapi: "3.0.0",
    info: { title: "T", version: "v" },
    paths: {
      "/a": {
        get: {
          operationId: "o",
          responses: { "200": { description: "OK", content: { "application/json": { schema: { $ref: "#/x" } } } } },
          "x-a": "b",
        },
      },
    },
    components: { schemas: { S: { type: "object", properties: { p: { type: "boolean", default: false } }, additionalProperties: false } } },
  };
  const field = (number: number, ...parts: (string | Buffer)[]): Buffer => {
    const inner = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    return Buffer.concat([
      Uint8Array.of(...(number < 16 ? [number * 8 + 2] : [((number * 8 + 2) % 128) | 128, number >> 4]), inner.length),
      inner,
    ]);
  };
  const flag = (number: number, value: number): Buffer => Buffer.from([number * 8, value]);
  const content = field(3, field(1, field(1, "application/json"), field(2, field(1, field(2, field(1, "#/x"))))));
  const expected = Buffer.concat([
    field(1, "3.0.0"),
    field(2, field(1, "T"), field(6, "v")),
    field(
      4,
      field(
        1,
        field(1, "/a"),
        field(
          2,
          field(
            4,
            field(5, "o"),
            field(8, field(2, field(1, "200"), field(2, field(1, field(1, "OK"), content)))),
            field(13, field(1, "x-a"), field(2, field(2, '"b"\n'))),
          ),
        ),
      ),
    ),
    field(
      5,
      field(
        1,
        field(
          1,
          field(1, "S"),
          field(
            2,
            field(
              1,
              field(25, "object"),
              field(31, field(1, field(1, "p"), field(2, field(1, field(25, "boolean"), field(33, flag(2, 0)))))),
              field(32, flag(2, 0)),
            ),
          ),
        ),
      ),
    ),
  ]);
  assert.equal(Buffer.from(encodeOpenApiV3(document)).toString("hex"), expected.toString("hex"));
});
