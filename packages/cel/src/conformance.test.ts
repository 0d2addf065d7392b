/** The language's own conformance suite, without the parts about protocol buffer messages, which Kubernetes has not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tests as suiteData } from "@bufbuild/cel-spec/testdata/conformance.js";
import { allLibraries } from "./functions/index.ts";
import { compile } from "./program.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import * as t from "./types.ts";
import type { CelType } from "./types.ts";
import {
  ArrayList,
  celEquals,
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  EntryMap,
  typeNameOf,
  type CelValue,
} from "./values.ts";

interface SpecTest {
  original: {
    name: string;
    expr: string;
    container?: string;
    disableCheck?: boolean;
    checkOnly?: boolean;
    disableMacros?: boolean;
    typeEnv?: { name: string; ident?: { type: SpecType }; function?: unknown }[];
    bindings?: Record<string, { value: SpecValue }>;
    value?: SpecValue;
    typedResult?: { result?: SpecValue; deducedType?: SpecType };
    evalError?: unknown;
    unknown?: unknown;
  };
}
interface SpecSuite {
  name: string;
  suites?: SpecSuite[];
  tests?: SpecTest[];
}
type SpecType = Record<string, never> & {
  primitive?: string;
  wellKnown?: string;
  listType?: { elemType?: SpecType };
  mapType?: { keyType?: SpecType; valueType?: SpecType };
  type?: SpecType;
  abstractType?: { name: string; parameterTypes?: SpecType[] };
  wrapper?: string;
  messageType?: string;
  typeParam?: string;
  null?: unknown;
  dyn?: unknown;
};
interface SpecValue {
  [kind: string]: unknown;
}

const floor = 1_620;

const skippedSuites: Record<string, string> = {
  proto2: "messages",
  proto2_ext: "messages",
  proto3: "messages",
  dynamic: "messages",
  enums: "messages",
  wrappers: "messages",
  block_ext: "cel.@block is written by optimizers only",
};
const needsMessages = /TestAllTypes|TestRequired|google\.protobuf\.(?!Timestamp|Duration)|wrapper|messageType/;

function typeFrom(type: SpecType | undefined): CelType {
  if (!type) return t.dyn;
  if (type.primitive)
    return { INT64: t.int, UINT64: t.uint, DOUBLE: t.double, BOOL: t.bool, STRING: t.string, BYTES: t.bytes }[type.primitive] ?? t.dyn;
  if (type.wellKnown) return { TIMESTAMP: t.timestamp, DURATION: t.duration }[type.wellKnown] ?? t.dyn;
  if (type.listType) return t.list(typeFrom(type.listType.elemType));
  if (type.mapType) return t.map(typeFrom(type.mapType.keyType), typeFrom(type.mapType.valueType));
  if (type.type) return t.typeOf(typeFrom(type.type));
  if (type.typeParam) return { kind: "parameter", name: type.typeParam };
  if (type.abstractType?.name === "optional_type") return t.optional(typeFrom(type.abstractType.parameterTypes?.[0]));
  if ("null" in type) return t.nullType;
  return t.dyn;
}

function valueFrom(value: SpecValue): CelValue {
  const [kind, inner] = Object.entries(value)[0] as [string, never];
  switch (kind) {
    case "int64Value":
      return BigInt(inner);
    case "uint64Value":
      return new CelUint(BigInt(inner));
    case "doubleValue":
      return Number(inner);
    case "stringValue":
    case "boolValue":
      return inner;
    case "nullValue":
      return null;
    case "bytesValue":
      return Uint8Array.fromBase64(inner);
    case "typeValue":
      return new CelTypeValue(inner);
    case "listValue":
      return new ArrayList(((inner as { values?: SpecValue[] }).values ?? []).map(valueFrom));
    case "mapValue":
      return new EntryMap(
        ((inner as { entries?: { key: SpecValue; value: SpecValue }[] }).entries ?? []).map(
          (e) => [valueFrom(e.key), valueFrom(e.value)] as const,
        ),
      );
    case "objectValue": {
      const any = inner as { "@type": string; value: string };
      if (any["@type"].endsWith("Timestamp")) return new CelTimestamp(parseTimestamp(any.value)!);
      if (any["@type"].endsWith("Duration")) return new CelDuration(parseDuration(any.value)!);
    }
  }
  throw new Error(`cannot read ${JSON.stringify(value)}`);
}

/** Equal and of equal types, which `==` does not ask for. */
function identical(a: CelValue, b: CelValue): boolean {
  if (typeNameOf(a) !== typeNameOf(b)) return false;
  if (typeof a === "number" && Number.isNaN(a)) return Number.isNaN(b as number);
  if (a instanceof CelList && b instanceof CelList) return a.size === b.size && [...a].every((item, i) => identical(item, b.at(i)));
  if (a instanceof CelMap && b instanceof CelMap) {
    return a.size === b.size && [...a.keys()].every((key) => b.has(key) && identical(a.get(key)!, b.get(key)!));
  }
  if (a instanceof CelOptional && b instanceof CelOptional) return celEquals(a, b);
  return celEquals(a, b);
}

/** Undefined when it passes, else what was wrong. */
function run({ original: spec }: SpecTest): string | undefined {
  const variables = Object.fromEntries((spec.typeEnv ?? []).map((entry) => [entry.name, typeFrom(entry.ident?.type)]));
  if (spec.disableCheck) for (const name of Object.keys(spec.bindings ?? {})) variables[name] ??= t.dyn;
  try {
    const program = compile(spec.expr, {
      variables,
      libraries: allLibraries,
      container: spec.container ?? "",
      homogeneous: false,
      check: !spec.disableCheck,
    });
    const deduced = spec.typedResult?.deducedType;
    if (deduced && t.formatType(program.type) !== t.formatType(typeFrom(deduced))) {
      return `type ${t.formatType(program.type)}, want ${t.formatType(typeFrom(deduced))}`;
    }
    if (spec.checkOnly) return undefined;
    const bindings = Object.fromEntries(Object.entries(spec.bindings ?? {}).map(([name, { value }]) => [name, valueFrom(value)]));
    const { value } = program.evaluate(bindings);
    if (spec.evalError) return `no error, but ${typeNameOf(value)} ${String(value)}`;
    const want = valueFrom(spec.value ?? spec.typedResult?.result ?? { boolValue: true });
    return identical(value, want) ? undefined : `${typeNameOf(value)} ${String(value)}, want ${String(want)}`;
  } catch (error) {
    return spec.evalError ? undefined : String(error);
  }
}

const failures: string[] = [];
let passed = 0;

function walk(suite: SpecSuite, path: string): void {
  for (const each of suite.tests ?? []) {
    const json = JSON.stringify({ ...each.original });
    if (needsMessages.test(json) || each.original.unknown) continue;
    const problem = run(each);
    if (problem === undefined) passed++;
    else failures.push(`${path}/${each.original.name}: ${each.original.expr}\n      ${problem}`);
  }
  for (const inner of suite.suites ?? []) walk(inner, `${path}/${inner.name}`);
}

test(`passes at least ${floor} cases of the conformance suite`, () => {
  for (const suite of (suiteData as unknown as SpecSuite).suites ?? [])
    if (!Object.hasOwn(skippedSuites, suite.name)) walk(suite, suite.name);
  if (process.env["CEL_FAILURES"]) console.log(failures.join("\n"), `\n${passed} passed, ${failures.length} failed`);
  assert.ok(passed >= floor, `${passed} passed, these failed:\n${failures.join("\n")}`);
});
