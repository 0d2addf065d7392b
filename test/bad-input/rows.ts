/** Bad requests and what upstream answers. @see spec wire §1, §2, §5, §7; the recordings objects-validate and objects-formats */
import type { WireAnswer, WireRequest } from "../isolation/wire.ts";

export interface Expected {
  status: number;
  /** undefined: none; null: not compared */
  reason?: string | null;
  /** a text must be equal; undefined: not compared */
  message?: string | RegExp;
  /** what else must hold; throws */
  check?: (answer: WireAnswer) => void;
}

export interface Row {
  name: string;
  /** `n` differs from run to run: for names of what is created */
  request: (n: number) => WireRequest;
  expect: Expected;
}

export const workspace = "root:bad";
export const widgetGroup = "bad.test";

const cluster = `/clusters/${workspace}`;
const core = `${cluster}/api/v1/namespaces/default`;
const configmaps = `${core}/configmaps`;
const widgets = `${cluster}/apis/${widgetGroup}/v1/namespaces/default/widgets`;
const patterned = `${cluster}/apis/${widgetGroup}/v1/namespaces/default/patterns`;
const crds = `${cluster}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
const roles = `${cluster}/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles`;

const send = (method: string, path: string, body: string | Buffer, type = "application/json", headers = {}): WireRequest => ({
  method,
  path,
  body,
  headers: { "content-type": type, ...headers },
});
const post = (path: string, body: string | Buffer, type?: string) => send("POST", path, body, type);
const configMap = (name: string, rest = "") => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}${rest}}`;
const widget = (name: string, spec: string, kind = "Widget") =>
  `{"apiVersion":"${widgetGroup}/v1","kind":"${kind}","metadata":{"name":"${name}"},"spec":${spec}}`;

const fieldNames = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"; // prettier-ignore
const unknownMediaType =
  "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
const tooLarge = "Request entity too large: limit is 3145728";
const notServed = "the server could not find the requested resource";
const limit = 3 * 1024 * 1024;

/** The answer's text must contain this. */
const says = (part: string) => (answer: WireAnswer) => {
  const text = answer.body.toString();
  if (!text.includes(part)) throw new Error(`${JSON.stringify(part)} is not in ${text.slice(0, 600)}`);
};
/** one line, as JSON that is not indented */
const echoes = (part: string): Expected => ({ status: 201, check: says(part) });

const bomb = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ..."bcdefghi".split("").map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`),
].join("\n");
const flatYaml = (entries: number) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flat\ndata:\n${Array.from({ length: entries }, (_, i) => `  key-${i}: v\n`).join("")}`;
const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const deepList = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

const crdWithPattern = (n: number, schema: object) =>
  JSON.stringify({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.t${n}.bad.test` },
    spec: {
      group: `t${n}.bad.test`,
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things" },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { spec: schema } } } },
      ],
    },
  });

export const rows: Row[] = [
  // what is no JSON, YAML or protobuf
  ...(["", "{bad", '{"apiVersion":"v1"', "{}}", "nul", '"\ud800'] as const).map((body) => ({
    name: `a body of ${JSON.stringify(body)}`,
    request: () => post(configmaps, body),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: /,
    },
  })),
  {
    name: "JSON with a kind that is no text",
    request: () => post(configmaps, '{"apiVersion":"v1","kind":5}'),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "a list where an object belongs",
    request: () => post(configmaps, "[]"),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "YAML that does not end",
    request: () => post(configmaps, "a: [b\n", "application/yaml"),
    expect: {
      status: 400,
      reason: "BadRequest",
      message:
        /^the object provided is unrecognized \(must be of type ConfigMap\): yaml: line 1: did not find expected ',' or '\]' \([0-9a-f]{12}\)$/,
    },
  },
  {
    name: "a number in ConfigMap data, as YAML",
    request: () => post(configmaps, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d\ndata:\n  a: 1\n", "application/yaml"),
    expect: {
      status: 400,
      reason: "BadRequest",
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    },
  },
  {
    name: "protobuf without its first bytes",
    request: () => post(configmaps, Buffer.from("nothing"), "application/vnd.kubernetes.protobuf"),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: /provided data does not appear to be a protobuf message, expected prefix \[107 56 115 0\]/,
    },
  },
  ...(["ffffffffffffffff", "0a", "0aff", "12ffffffff0f00", "0a0a0a0276311204"] as const).map((hex) => ({
    name: `protobuf that breaks off (${hex})`,
    request: () => post(configmaps, Buffer.from(`6b387300${hex}`, "hex"), "application/vnd.kubernetes.protobuf"),
    expect: { status: 400, reason: "BadRequest" },
  })),
  {
    name: "another kind than the URL's",
    request: () => post(configmaps, '{"apiVersion":"v1","kind":"Nope","metadata":{"name":"x"}}'),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: /^Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered/,
    },
  },
  {
    name: "a custom object's other kind",
    request: () => post(widgets, widget("x", "{}", "Nope")),
    expect: { status: 422, reason: "Invalid", message: /kind: Invalid value: "Nope": must be Widget/ },
  },
  {
    name: "bad base64 in a Secret",
    request: () => post(`${core}/secrets`, '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"bad"},"data":{"a":"***"}}'),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: 'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
    },
  },

  // media types
  ...(
    ["text/plain", "application/cbor", "application/json-patch+json", "multipart/form-data; boundary=x", "application/jso", "x"] as const
  ).map((type) => ({
    name: `POST of ${type}`,
    request: () => post(configmaps, configMap("x"), type),
    expect: { status: 415, reason: "UnsupportedMediaType", message: unknownMediaType },
  })),
  {
    name: "PATCH of an unknown type",
    request: () => send("PATCH", `${configmaps}/kept`, "{}", "application/json"),
    expect: { status: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type" },
  },
  {
    name: "a strategic merge patch of a custom object",
    request: () => send("PATCH", `${widgets}/kept`, "{}", "application/strategic-merge-patch+json"),
    expect: {
      status: 415,
      reason: "UnsupportedMediaType",
      message:
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+yaml",
    },
  },
  {
    name: "a gzipped body",
    request: () =>
      send("POST", configmaps, Buffer.from("1f8b0800000000000003abae050043bfa6a302000000", "hex"), "application/json", {
        "content-encoding": "gzip",
      }),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "an Accept that is not offered",
    request: () => ({ path: `${configmaps}/kept`, headers: { accept: "text/html" } }),
    expect: {
      status: 406,
      reason: "NotAcceptable",
      message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    },
  },
  {
    name: "an Accept of 60 000 entries, of which the first 64 are read",
    request: () => ({ path: `${configmaps}/kept`, headers: { accept: "a/b;q=0.1,".repeat(60_000) + "application/json" }, http1: true }),
    expect: { status: 406, reason: "NotAcceptable" },
  },

  // sizes
  ...(["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const).map((type) => ({
    name: `a ${type} body over 3 MiB`,
    request: () => post(configmaps, Buffer.alloc(limit + 1, " "), type),
    expect: { status: 413, reason: "RequestEntityTooLarge", message: tooLarge },
  })),
  {
    name: "a patch over 3 MiB",
    request: () => send("PATCH", `${configmaps}/kept`, Buffer.alloc(limit + 1, " "), "application/merge-patch+json"),
    expect: { status: 413, reason: "RequestEntityTooLarge", message: tooLarge },
  },
  {
    name: "DeleteOptions over 3 MiB",
    request: () => send("DELETE", `${configmaps}/none`, Buffer.alloc(limit + 1, " ")),
    expect: { status: 413, reason: "RequestEntityTooLarge", message: tooLarge },
  },
  {
    name: "a body over 3 MiB, HTTP/1.1",
    request: () => ({ ...post(configmaps, Buffer.alloc(limit + 1, " ")), http1: true }),
    expect: { status: 413, reason: "RequestEntityTooLarge", message: tooLarge },
  },
  {
    name: "ConfigMap data over 1 MiB",
    request: (n) => post(configmaps, configMap(`big-${n}`, `,"data":{"a":"${"x".repeat(1_100_000)}"}`)),
    expect: { status: 422, reason: "Invalid", message: /: Too long: may not be more than 1048576 bytes$/ },
  },
  {
    name: "annotations over 256 KiB",
    request: () =>
      post(configmaps, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"e","annotations":{"a":"${"x".repeat(300_000)}"}}}`),
    expect: {
      status: 422,
      reason: "Invalid",
      message: 'ConfigMap "e" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    },
  },
  {
    name: "a JSON patch of 10 001 operations",
    request: () =>
      send(
        "PATCH",
        `${configmaps}/kept`,
        JSON.stringify(Array(10_001).fill({ op: "test", path: "/kind", value: "ConfigMap" })),
        "application/json-patch+json",
      ),
    expect: {
      status: 413,
      reason: "RequestEntityTooLarge",
      message: "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    },
  },
  {
    name: "a JSON patch that doubles a value twenty-four times",
    request: () =>
      send(
        "PATCH",
        `${widgets}/kept?dryRun=All`,
        JSON.stringify([
          { op: "add", path: "/spec/x", value: ["0123456789"] },
          ...Array.from({ length: 24 }, () => ({ op: "copy", from: "/spec/x", path: "/spec/x/-" })),
        ]),
        "application/json-patch+json",
      ),
    expect: { status: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request" },
  },

  // depth
  ...([deep(10_001), deep(400_000), deepList(10_001), deepList(1_000_000)] as const).map((body) => ({
    name: `nesting of ${body.length} bytes`,
    request: () => post(widgets, widget("deep", body)),
    expect: { status: 400, reason: "BadRequest", message: /exceeded max depth/ },
  })),
  {
    name: "nesting in a merge patch",
    request: () => send("PATCH", `${widgets}/kept`, `{"spec":${deep(100_000)}}`, "application/merge-patch+json"),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "nesting in an applied object",
    request: () =>
      send(
        "PATCH",
        `${widgets}/kept?fieldManager=t`,
        `{"apiVersion":"${widgetGroup}/v1","kind":"Widget","metadata":{"name":"kept"},"spec":${deep(100_000)}}`,
        "application/apply-patch+yaml",
      ),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "nesting in YAML",
    request: () =>
      post(
        widgets,
        `apiVersion: ${widgetGroup}/v1\nkind: Widget\nmetadata: {name: deep}\nspec: ${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}\n`,
        "application/yaml",
      ),
    expect: { status: 400, reason: "BadRequest" },
  },
  ...([900, 3_000, 9_999] as const).map((depth) => ({
    name: `nesting of ${depth} is data`,
    request: (n: number) => post(widgets, widget(`deep-${n}`, deep(depth))),
    expect: { status: 201, check: says(deep(depth)) },
  })),
  {
    name: "nesting of 9 000 in YAML is data",
    request: (n) =>
      post(
        widgets,
        `apiVersion: ${widgetGroup}/v1\nkind: Widget\nmetadata: {name: deep-yaml-${n}}\nspec: ${deep(9_000)}\n`,
        "application/yaml",
      ),
    expect: { status: 201 },
  },
  {
    name: "a JSON patch that nests deeper and deeper",
    request: () =>
      send(
        "PATCH",
        `${widgets}/kept?dryRun=All`,
        `[{"op":"add","path":"/spec/d","value":${deep(6_000)}},{"op":"copy","from":"/spec/d","path":"/spec/d${"/a".repeat(6_000)}"}]`,
        "application/json-patch+json",
      ),
    expect: { status: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request" },
  },
  ...(["merge-patch+json", "apply-patch+yaml"] as const).map((type) => ({
    name: `nesting of 9 000 in a patch of ${type}`,
    request: () =>
      send(
        "PATCH",
        `${widgets}/applied?fieldManager=d${type.startsWith("apply") ? "&force=true" : ""}`,
        widget("applied", `{"deep":${deep(9_000)}}`),
        `application/${type}`,
      ),
    expect: { status: 200, check: says(deep(9_000)) },
  })),
  {
    name: "a schema nested 5 000 deep",
    request: (n) =>
      post(
        crds,
        crdWithPattern(n, "SCHEMA" as unknown as object).replace(
          '"SCHEMA"',
          `${'{"type":"object","properties":{"a":'.repeat(4_900)}{"type":"string"}${"}}".repeat(4_900)}`,
        ),
      ),
    expect: { status: 400, reason: null },
  },

  // names and paths
  {
    name: "a path with ..",
    request: () => ({ path: `${configmaps}/..` }),
    expect: { status: 307, reason: null },
  },
  {
    name: "a path that climbs out of its workspace",
    request: () => ({ path: `${cluster}/../root/api/v1/namespaces` }),
    expect: { status: 307, reason: null },
  },
  {
    name: "%2F in a name",
    request: () => ({ path: `${configmaps}/a%2Fb` }),
    expect: { status: 404, reason: "NotFound", message: notServed },
  },
  {
    name: "%2F%2e%2e%2F in a name",
    request: () => ({ path: `${configmaps}/..%2F..%2F..%2Fnamespaces` }),
    expect: { status: 307, reason: null },
  },
  {
    name: "NUL in a name",
    request: () => ({ path: `${configmaps}/a%00b` }),
    expect: { status: 404, reason: "NotFound", message: 'configmaps "a\u0000b" not found' },
  },
  {
    name: "a name of 60 000 characters, HTTP/2",
    request: () => ({ path: `${configmaps}/${"n".repeat(60_000)}` }),
    expect: { status: 404, reason: "NotFound" },
  },
  {
    name: "a name of 200 000 characters",
    request: () => ({ path: `${configmaps}/${"n".repeat(200_000)}`, http1: true }),
    expect: { status: 404, reason: "NotFound" },
  },
  {
    name: "a broken escape",
    request: () => ({ path: `${configmaps}/%zz`, http1: true }),
    expect: { status: 400, reason: null },
  },
  {
    name: "a cluster of capitals",
    request: () => ({ path: "/clusters/UPPER/api" }),
    expect: { status: 400, reason: "BadRequest", message: 'invalid cluster: "UPPER" does not match the regex' },
  },
  {
    name: "a namespace that climbs",
    request: () => ({ path: `${cluster}/api/v1/namespaces/%2e%2e/configmaps` }),
    expect: { status: 307, reason: null },
  },
  ...(["../x", "a..b", "-a", "Upper", "a_b", "x".repeat(10_000)] as const).map((name) => ({
    name: `creating ${name.slice(0, 20)}`,
    request: () => post(configmaps, configMap(name)),
    expect: {
      status: 422,
      reason: "Invalid",
      message:
        name.length > 1000
          ? /: must be no more than 253 characters$/
          : `ConfigMap "${name}" is invalid: metadata.name: Invalid value: "${name}": ${fieldNames}`,
    },
  })),
  ...(["..", "a/b", "."] as const).map((name) => ({
    name: `a Role called ${name}`,
    request: () => post(roles, `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"${name}"},"rules":[]}`),
    expect: {
      status: 422,
      reason: "Invalid",
      message: `Role.rbac.authorization.k8s.io "${name}" is invalid: metadata.name: Invalid value: "${name}": ${name === "a/b" ? "may not contain '/'" : `may not be '${name}'`}`,
    },
  })),
  ...(["..", ".", "..x"] as const).map((key) => ({
    name: `a data key ${key}`,
    request: () => post(configmaps, configMap("c", `,"data":{"${key}":"1"}`)),
    expect: {
      status: 422,
      reason: "Invalid",
      message: `ConfigMap "c" is invalid: data[${key}]: Invalid value: "${key}": ${key === "..x" ? "must not start with '..'" : `must not be '${key}'`}`,
    },
  })),

  // what is special to JavaScript only is data
  {
    name: "__proto__, constructor and toString as data keys",
    request: (n) => post(configmaps, configMap(`proto-${n}`, ',"data":{"__proto__":"p","constructor":"c","toString":"t"}')),
    expect: { ...echoes('"__proto__":"p","constructor":"c","toString":"t"') },
  },
  {
    name: "constructor as label and annotation",
    request: (n) =>
      post(
        configmaps,
        `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"label-${n}","labels":{"constructor":"l","hasOwnProperty":"h"},"annotations":{"constructor":"a","valueOf":"v"}}}`,
      ),
    expect: {
      status: 201,
      check(answer) {
        says('"constructor":"l","hasOwnProperty":"h"')(answer);
        says('"constructor":"a"')(answer);
      },
    },
  },
  {
    name: "__proto__ as a label",
    request: () => post(configmaps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","labels":{"__proto__":"x"}}}'),
    expect: { status: 422, reason: "Invalid", message: /metadata\.labels: Invalid value: "__proto__": name part must consist of/ },
  },
  {
    name: "__proto__ in a custom object",
    request: (n) => post(widgets, widget(`proto-${n}`, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')),
    expect: { ...echoes('"__proto__":{"polluted":true}') },
  },
  {
    name: "__proto__ in YAML",
    request: (n) =>
      post(
        widgets,
        `apiVersion: ${widgetGroup}/v1\nkind: Widget\nmetadata: {name: yaml-proto-${n}}\nspec:\n  __proto__: {polluted: true}\n`,
        "application/yaml",
      ),
    expect: { ...echoes('"__proto__":{"polluted":true}') },
  },
  {
    name: "__proto__ in a merge patch",
    request: () => send("PATCH", `${widgets}/kept`, '{"spec":{"__proto__":{"polluted":true}}}', "application/merge-patch+json"),
    expect: { status: 200, check: says('"__proto__":{"polluted":true}') },
  },
  {
    name: "__proto__ in a JSON patch",
    request: () =>
      send("PATCH", `${widgets}/kept`, '[{"op":"add","path":"/spec/__proto__","value":{"polluted":1}}]', "application/json-patch+json"),
    expect: { status: 200, check: says('"__proto__":{"polluted":1}') },
  },
  {
    name: "a JSON patch through the prototype",
    request: () =>
      send("PATCH", `${widgets}/kept`, '[{"op":"add","path":"/constructor/prototype/polluted","value":1}]', "application/json-patch+json"),
    expect: { status: 422, reason: "Invalid" },
  },
  {
    name: "__proto__ applied",
    request: () =>
      send(
        "PATCH",
        `${widgets}/applied?fieldManager=t&force=true`,
        `{"apiVersion":"${widgetGroup}/v1","kind":"Widget","metadata":{"name":"applied"},"spec":{"__proto__":{"polluted":true}}}`,
        "application/apply-patch+yaml",
      ),
    expect: {
      status: 200,
      check(answer) {
        says('"__proto__":{"polluted":true}')(answer);
        says('"f:__proto__"')(answer);
      },
    },
  },
  {
    name: "__proto__ as a query parameter and selector",
    request: () => ({ path: `${configmaps}?__proto__=1&constructor=2&labelSelector=constructor%3Dx` }),
    expect: { status: 200 },
  },
  {
    name: "resources and groups called constructor",
    request: () => ({ path: `${cluster}/apis/constructor/__proto__/toString` }),
    expect: { status: 404, reason: null },
  },
  {
    name: "a namespace and an object called constructor",
    request: () => ({ path: `${cluster}/api/v1/namespaces/constructor/configmaps/__proto__` }),
    expect: { status: 404, reason: "NotFound", message: 'configmaps "__proto__" not found' },
  },

  // numbers
  {
    name: "numbers beyond 2^53",
    request: (n) => post(widgets, widget(`number-${n}`, '{"a":9007199254740993,"b":9223372036854775807,"c":-9223372036854775808}')),
    expect: { ...echoes('"a":9007199254740993,"b":9223372036854775807,"c":-9223372036854775808') },
  },
  {
    name: "numbers beyond 2^53 in YAML",
    request: (n) =>
      post(
        widgets,
        `apiVersion: ${widgetGroup}/v1\nkind: Widget\nmetadata: {name: yaml-number-${n}}\nspec: {a: 9007199254740993}\n`,
        "application/yaml",
      ),
    expect: { ...echoes('"a":9007199254740993') },
  },
  {
    name: "numbers beyond 2^53 in a merge patch",
    request: () => send("PATCH", `${widgets}/kept`, '{"spec":{"n":9007199254740993}}', "application/merge-patch+json"),
    expect: { status: 200, check: says('"n":9007199254740993') },
  },
  {
    name: "a number of 1 000 000 digits",
    request: (n) => post(`${widgets}?dryRun=All`, widget(`digits-${n}`, `{"a":${"9".repeat(1_000_000)}}`)),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "1e999",
    request: (n) => post(`${widgets}?dryRun=All`, widget(`exp-${n}`, '{"a":1e999}')),
    expect: { status: 400, reason: "BadRequest" },
  },

  // bombs
  {
    name: "a YAML alias bomb",
    request: () => post(configmaps, bomb, "application/yaml"),
    expect: { status: 400, reason: "BadRequest", message: /excessive aliasing/ },
  },
  {
    name: "an applied alias bomb",
    request: () =>
      send(
        "PATCH",
        `${widgets}/kept?fieldManager=t`,
        `apiVersion: ${widgetGroup}/v1\nkind: Widget\nmetadata: {name: kept}\nspec:\n  ${bomb.replaceAll("\n", "\n  ")}\n`,
        "application/apply-patch+yaml",
      ),
    expect: { status: 400, reason: "BadRequest", message: /excessive aliasing/ },
  },
  {
    name: "an alias of itself",
    request: () => post(configmaps, "a: &a [*a]\n", "application/yaml"),
    expect: { status: 400, reason: "BadRequest" },
  },
  {
    name: "a flat YAML map of 20 000 keys",
    request: () => post(`${configmaps}?dryRun=All`, flatYaml(20_000), "application/yaml"),
    expect: { status: 201 },
  },
  {
    name: "a flat JSON map of 20 000 keys",
    request: () =>
      post(`${configmaps}?dryRun=All`, configMap("flat", `,"data":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":"v"`).join(",")}}`)),
    expect: { status: 201 },
  },
  {
    name: "20 000 unknown fields",
    request: () =>
      post(`${configmaps}?dryRun=All`, configMap("unknown", `,${Array.from({ length: 20_000 }, (_, i) => `"u${i}":1`).join(",")}`)),
    expect: { status: 201 },
  },
  {
    name: "a label selector of 5 000 requirements",
    request: () => ({ path: `${configmaps}?labelSelector=${Array.from({ length: 5_000 }, (_, i) => `k${i}!%3Dv`).join(",")}` }),
    expect: { status: 200 },
  },

  // regular expressions
  {
    name: "a pattern that would backtrack",
    request: (n) => post(patterned, widget(`p-${n}`, `{"nested":"${"a".repeat(30_000)}!"}`, "Pattern")),
    expect: { status: 422, reason: "Invalid", message: /spec\.nested in body should match '\^\(a\+\)\+\$'$/ },
  },
  {
    name: "CEL's matches that would backtrack",
    request: (n) => post(patterned, widget(`c-${n}`, `{"cel":"${"a".repeat(90)}!"}`, "Pattern")),
    expect: { status: 422, reason: "Invalid", message: /^Pattern\.bad\.test "c-\d+" is invalid: spec: Invalid value: .*not only a$/ },
  },
  {
    name: "a pattern that does not compile",
    request: (n) => post(crds, crdWithPattern(n, { type: "string", pattern: "(" })),
    expect: { status: 422, reason: "Invalid" },
  },
  {
    name: "a pattern with a thousand-fold repetition",
    request: (n) => post(crds, crdWithPattern(n, { type: "string", pattern: "((a{1000}){1000}){1000}" })),
    expect: { status: 422, reason: "Invalid" },
  },
  {
    name: "a pattern with a look-behind",
    request: (n) => post(crds, crdWithPattern(n, { type: "string", pattern: "(?<=a)b" })),
    expect: { status: 422, reason: "Invalid" },
  },

  // duplicate keys
  {
    name: "duplicate keys, strict",
    request: () =>
      post(
        `${configmaps}?fieldValidation=Strict`,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"},"data":{"a":"1","a":"2"}}',
      ),
    expect: {
      status: 400,
      reason: "BadRequest",
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "metadata.name", duplicate field "data.a"',
    },
  },
  {
    name: "duplicate keys, warned",
    request: (n) =>
      post(`${configmaps}?dryRun=All`, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"dup-${n}"},"data":{"a":"1","a":"2"}}`),
    expect: {
      status: 201,
      check(answer) {
        says('"a":"2"')(answer);
        if (String(answer.headers.warning) !== '299 - "duplicate field \\"data.a\\""')
          throw new Error(`warning: ${String(answer.headers.warning)}`);
      },
    },
  },
  {
    name: "duplicate keys in YAML, strict",
    request: () =>
      post(
        `${configmaps}?fieldValidation=Strict`,
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: f\n  name: g\nextra: 1\n",
        "application/yaml",
      ),
    expect: {
      status: 400,
      reason: "BadRequest",
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 5: key "name" already set in map, unknown field "extra"',
    },
  },

  // versions of objects and lists
  {
    name: "a stale resourceVersion",
    request: () =>
      send("PUT", `${configmaps}/kept`, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","resourceVersion":"1"}}'),
    expect: {
      status: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "kept": the object has been modified; please apply your changes to the latest version and try again',
    },
  },
  {
    name: "a stale resourceVersion in a merge patch",
    request: () =>
      send("PATCH", `${configmaps}/kept`, '{"metadata":{"resourceVersion":"1"},"data":{"a":"7"}}', "application/merge-patch+json"),
    expect: {
      status: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "kept": the object has been modified; please apply your changes to the latest version and try again',
    },
  },
  {
    name: "a resourceVersion that is none",
    request: () =>
      send("PUT", `${configmaps}/kept`, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","resourceVersion":"abc"}}'),
    expect: { status: 500, message: 'strconv.ParseUint: parsing "abc": invalid syntax' },
  },
  {
    name: "a list from a resourceVersion that is none",
    request: () => ({ path: `${configmaps}?resourceVersion=abc` }),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: 'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    },
  },
  {
    name: "a list from a resourceVersion of 10 000 digits",
    request: () => ({ path: `${configmaps}?resourceVersion=${"9".repeat(10_000)}` }),
    expect: { status: 400, reason: "BadRequest", message: /value out of range$/ },
  },
  {
    name: "a resourceVersion of the future",
    request: () => ({ path: `${configmaps}?resourceVersion=9000000000` }),
    expect: { status: 504, reason: "Timeout", message: /^Timeout: Too large resource version: 9000000000, current: \d+$/ },
  },
  {
    name: "a limit that is none",
    request: () => ({ path: `${configmaps}?limit=abc` }),
    expect: { status: 400, reason: "BadRequest", message: 'strconv.ParseInt: parsing "abc": invalid syntax' },
  },
  {
    name: "a continue token that is none",
    request: () => ({ path: `${configmaps}?limit=1&continue=!` }),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
    },
  },
  {
    name: "a continue token that climbs",
    request: () => ({
      path: `${configmaps}?limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../x"}').toString("base64url")}`,
    }),
    expect: { status: 400, reason: "BadRequest", message: "invalid continue token: continue key is not valid: ../x" },
  },
  {
    name: "a label selector that is none",
    request: () => ({ path: `${configmaps}?labelSelector=!!` }),
    expect: { status: 400, reason: "BadRequest", message: /^unable to parse requirement: found '!', expected: identifier/ },
  },
  {
    name: "a field selector that is none",
    request: () => ({ path: `${configmaps}?fieldSelector=data.a%3Dx` }),
    expect: {
      status: 400,
      reason: "BadRequest",
      message: '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    },
  },
  {
    name: "a timeout that is none",
    request: () => ({ path: `${configmaps}?timeout=abc` }),
    expect: { status: 400, reason: "BadRequest", message: 'invalid timeout specified in the request URL - time: invalid duration "abc"' },
  },

  // headers
  {
    name: "a header over 1 MiB",
    request: () => ({ path: `${configmaps}/kept`, headers: { "x-large": "h".repeat(1_200_000) }, http1: true }),
    expect: { status: 431, reason: null, check: says("431 Request Header Fields Too Large") },
  },
  {
    name: "a header of 900 kB is read",
    request: () => ({ path: `${configmaps}/kept`, headers: { "x-large": "h".repeat(900_000) }, http1: true }),
    expect: { status: 200 },
  },
  {
    name: "1 500 headers",
    request: () => ({
      path: `${configmaps}/kept`,
      headers: Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`x-h-${i}`, "v"])),
    }),
    expect: { status: 200 },
  },
  {
    name: "a token of 500 kB",
    request: () => ({ path: `${configmaps}/kept`, token: `a.${"b".repeat(500_000)}.c`, http1: true }),
    expect: { status: 401, reason: "Unauthorized", message: "Unauthorized" },
  },
  {
    name: "an unknown method",
    request: () => ({ method: "PROPFIND", path: `${configmaps}/kept` }),
    expect: { status: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource" },
  },
];
