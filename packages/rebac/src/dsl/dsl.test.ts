import assert from "node:assert/strict";
import { test } from "node:test";
import { validateModel } from "../model/validate-model.ts";
import { DslError } from "./dsl-error.ts";
import { modelFromDsl, modelFromModules } from "./model-from-dsl.ts";
import { dslFromModel } from "./print-dsl.ts";

const head = "model\n  schema 1.1\ntype user\n";
const doc = (definition: string): string =>
  `${head}type doc\n  relations\n    define p: [doc]\n    define a: [user]\n    define b: [user]\n    define r: ${definition}\n`;
const rewriteOf = (definition: string): unknown => modelFromDsl(doc(definition)).type_definitions[1]!.relations!.r;
const referencesOf = (definition: string): unknown =>
  modelFromDsl(doc(definition)).type_definitions[1]!.metadata!.relations!.r!.directly_related_user_types;

const a = { computedUserset: { relation: "a" } };
const b = { computedUserset: { relation: "b" } };
const rewrites: { dsl: string; want: unknown }[] = [
  { dsl: "[user]", want: { this: {} } },
  { dsl: "a", want: a },
  { dsl: "a from p", want: { tupleToUserset: { tupleset: { relation: "p" }, computedUserset: { relation: "a" } } } },
  { dsl: "[user] or a or b", want: { union: { child: [{ this: {} }, a, b] } } },
  { dsl: "a and b", want: { intersection: { child: [a, b] } } },
  { dsl: "a but not b", want: { difference: { base: a, subtract: b } } },
  { dsl: "([user] or a) and b", want: { intersection: { child: [{ union: { child: [{ this: {} }, a] } }, b] } } },
  { dsl: "((a))", want: a },
  { dsl: "a but not (a or b)", want: { difference: { base: a, subtract: { union: { child: [a, b] } } } } },
  { dsl: "a\tor\tb # said here", want: { union: { child: [a, b] } } },
];
for (const { dsl, want } of rewrites) test(`definition: ${JSON.stringify(dsl)}`, () => assert.deepEqual(rewriteOf(dsl), want));

test("restriction lists span lines and carry wildcards, usersets and conditions", () => {
  assert.deepEqual(referencesOf("[\n      user,\n      user:*,\n      doc#a with cond, user with cond]"), [
    { type: "user" },
    { type: "user", wildcard: {} },
    { type: "doc", relation: "a", condition: "cond" },
    { type: "user", condition: "cond" },
  ]);
});

const broken: { name: string; dsl: string; why: RegExp }[] = [
  { name: "no header", dsl: "type user\n", why: /expecting 'model' or 'module'/ },
  { name: "brackets not first", dsl: doc("a or [user]"), why: /a restriction list can only stand first/ },
  { name: "mixed operators", dsl: doc("a or b and a"), why: /operators cannot be mixed without parentheses/ },
  { name: "two subtrahends", dsl: doc("a but not b but not p"), why: /operators cannot be mixed without parentheses/ },
  { name: "a keyword as a name", dsl: `${head}type from\n`, why: /a name that is no keyword/ },
  {
    name: "a relation twice",
    dsl: `${head}type doc\n  relations\n    define a: [user]\n    define a: [user]\n`,
    why: /'a' is already defined in 'doc'/,
  },
  { name: "relations without any", dsl: `${head}type doc\n  relations\n`, why: /expecting 'define'/ },
  { name: "extend in a model", dsl: `${head}extend type doc\n`, why: /extend can only be used in a modular model/ },
  {
    name: "a condition twice",
    dsl: `${head}condition c(x: int) {\n  x > 1\n}\ncondition c(x: int) {\n  x > 1\n}\n`,
    why: /condition 'c' is already defined/,
  },
  { name: "a parameter twice", dsl: `${head}condition c(x: int, x: int) {\n  x > 1\n}\n`, why: /parameter 'x' is already defined/ },
  { name: "an unknown parameter type", dsl: `${head}condition c(x: any) {\n  x > 1\n}\n`, why: /unknown parameter type 'any'/ },
  { name: "a condition without end", dsl: `${head}condition c(x: int) {\n  x > 1\n`, why: /expecting '}'/ },
  { name: "a tab before a comment", dsl: doc("a\t# no"), why: /expecting the end of the line/ },
];
for (const { name, dsl, why } of broken)
  test(`refused: ${name}`, () =>
    assert.throws(
      () => modelFromDsl(dsl),
      (error: unknown) => error instanceof DslError && why.test(error.message),
    ));

test("a problem has its place, counted from zero as upstream does, and its line counted from one", () => {
  assert.throws(
    () => modelFromDsl(doc("a or [user]")),
    (error: unknown) => error instanceof DslError && error.errors[0]!.line === 9 && error.message.includes("line=8, column=19"),
  );
});

test("an expression is taken as written; braces and quotes in it do not end it", () => {
  const text = `${head}condition c(m: map<string>, l: list<int>) {\n  m == {"a": "}"} &&\n    l.size() > 1\n  }\n`;
  const { c } = modelFromDsl(text).conditions!;
  assert.equal(c!.expression, 'm == {"a": "}"} &&\n    l.size() > 1');
  assert.deepEqual(c!.parameters, {
    m: { type_name: "TYPE_NAME_MAP", generic_types: [{ type_name: "TYPE_NAME_STRING" }] },
    l: { type_name: "TYPE_NAME_LIST", generic_types: [{ type_name: "TYPE_NAME_INT" }] },
  });
});

const core = { name: "core.fga", contents: "module core\n\ntype user\n\ntype doc\n  relations\n    define owner: [user]\n" };
const extra = {
  name: "extra/wiki.fga",
  contents:
    "module wiki\r\nextend type doc\r\n  relations\r\n    define reader: [user with late] or owner\r\ncondition late(h: int) {\r\n  h > 20\r\n}\r\n",
};

test("modules become one model that says where everything is from", () => {
  const model = modelFromModules([core, extra]);
  assert.deepEqual(model, {
    schema_version: "1.2",
    type_definitions: [
      { type: "user", relations: {}, metadata: { relations: {}, module: "core", source_info: { file: "core.fga" } } },
      {
        type: "doc",
        relations: { owner: { this: {} }, reader: { union: { child: [{ this: {} }, { computedUserset: { relation: "owner" } }] } } },
        metadata: {
          relations: {
            owner: { directly_related_user_types: [{ type: "user" }] },
            reader: {
              directly_related_user_types: [{ type: "user", condition: "late" }],
              module: "wiki",
              source_info: { file: "extra/wiki.fga" },
            },
          },
          module: "core",
          source_info: { file: "core.fga" },
        },
      },
    ],
    conditions: {
      late: {
        name: "late",
        expression: "h > 20",
        parameters: { h: { type_name: "TYPE_NAME_INT" } },
        metadata: { module: "wiki", source_info: { file: "extra/wiki.fga" } },
      },
    },
  });
  validateModel(model);
});

test("the problems of all modules are told at once", () => {
  const files = [
    core,
    extra,
    {
      name: "a.fga",
      contents:
        "module a\ntype user\nextend type ghost\n  relations\n    define x: [user]\nextend type doc\n  relations\n    define owner: [user]\ncondition late(h: int) {\n  h > 1\n}\n",
    },
    { name: "b.fga", contents: "model\n  schema 1.1\ntype x\n" },
    { name: "c.fga", contents: "module c\ntype\n" },
  ];
  assert.throws(
    () => modelFromModules(files),
    (error: unknown) => {
      assert.ok(error instanceof DslError);
      const told = error.errors.map(({ file, line, message }) => `${file}:${line} ${message}`);
      assert.equal(told.length, 6, told.join("\n"));
      for (const part of [
        "b.fga:1 file is not a module",
        "c.fga:2 ",
        "a.fga:2 duplicate type definition user",
        "a.fga:9 duplicate condition late",
        "a.fga:3 extended type ghost does not exist",
        "a.fga:8 relation owner already exists on type doc",
      ]) {
        assert.ok(
          told.some((each) => each.startsWith(part)),
          part,
        );
      }
      return true;
    },
  );
});

test("a model is printed so that it reads back the same", () => {
  const text = `model
  schema 1.1

type user

type doc
  relations
    define p: [doc]
    define a: [user, user:*, doc#a with late]
    define b: ([user] or a) but not (a and a from p)

condition late(h: int, l: list<string>) {
  h > 20
}
`;
  assert.equal(dslFromModel(modelFromDsl(text)), text);
});

test("what the language cannot say is not printed", () => {
  const model = modelFromDsl(doc("[user] or a"));
  model.type_definitions[1]!.relations!.r = { difference: { base: a, subtract: { this: {} } } };
  assert.throws(() => dslFromModel(model), /a restriction list can only stand first/);
});
