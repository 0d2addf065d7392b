import assert from "node:assert/strict";
import { test } from "node:test";
import { negotiate } from "./accept.ts";
import type { Offer } from "./accept.ts";

const builtIn: Offer = { builtIn: true, protobuf: true, watch: false };
const custom: Offer = { builtIn: false, protobuf: false, watch: false };
const table = "json;as=Table;v=v1;g=meta.k8s.io";

/** What a header gets from built-in and from custom kinds. @see wire §3 */
const cases: [accept: string | undefined, builtIn: string, custom: string][] = [
  [undefined, "json", "json"],
  ["*/*", "json", "json"],
  ["application/json;q=0", "json", "json"],
  ["application/json;q=0.1, application/yaml;q=0.9", "yaml", "yaml"],
  ["application/vnd.kubernetes.protobuf", "protobuf", "typed"],
  ["application/vnd.kubernetes.protobuf,application/json", "protobuf", "json"],
  ["text/html", "generic", "typed"],
  ["APPLICATION/JSON", "generic", "typed"],
  ["text/html,*/*;q=0.8", "json", "json"],
  ["application/*", "generic", "json"],
  [`application/${table}`, "json Table", "json Table"],
  ["application/json;as=Table;v=v2;g=meta.k8s.io", "typed", "typed"],
  ["application/json;as=Foo;v=v1;g=meta.k8s.io,application/json", "json", "json"],
  ["application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", "typed", "typed"],
  [
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "protobuf PartialObjectMetadata",
    "protobuf PartialObjectMetadata",
  ],
];
for (const [accept, wantBuiltIn, wantCustom] of cases) {
  test(`Accept: ${accept}`, () => {
    const of = (offer: Offer): string => {
      const form = negotiate(accept, offer);
      return "refused" in form ? form.refused : form.as ? `${form.mediaType} ${form.as}` : form.mediaType;
    };
    assert.deepEqual([of(builtIn), of(custom)], [wantBuiltIn, wantCustom]);
  });
}
