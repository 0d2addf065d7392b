import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type Document,
  type Node,
  type Scalar,
  type YAMLError,
} from "yaml";
import { decodeJson } from "../json/decode.ts";
import { setOwn } from "../json/decode-exact.ts";
import { JsonSyntaxError } from "../json/syntax-error.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { resolvePlainScalar } from "./resolve-scalar.ts";

/** Text that is not YAML, or not YAML that we accept. The message begins like upstream's: `yaml: line 3: …`. */
export class YamlSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlSyntaxError";
  }
}

/** Nested too deeply, or too deeply for this thread's stack. */
export class YamlDepthError extends YamlSyntaxError {
  constructor() {
    super(`yaml: exceeded max depth of ${maxDepth}`);
    this.name = "YamlDepthError";
  }
}

const decoder = new TextDecoder("utf-8");
const maxBytes = 16 * 1024 * 1024;
const maxDepth = 10_000;
/** Small documents may use aliases freely, up to this share of their values; the larger, the less. @see go-yaml v2 decode.go */
const aliasShareMax = { small: 0.99, smallValues: 400_000, large: 0.1, largeValues: 4_000_000 };

function tooManyAliased(aliased: number, values: number): boolean {
  if (aliased <= 100 || values <= 1_000) return false;
  const { small, smallValues, large, largeValues } = aliasShareMax;
  const way = Math.min(Math.max((values - smallValues) / (largeValues - smallValues), 0), 1);
  return aliased / values > small - (small - large) * way;
}

export interface DecodedYaml {
  value: JsonValue;
  /** Field paths of keys that a map had more than once, each once; the last value counts. */
  duplicates: string[];
  /** What upstream's strict decoding says about them, all in one text; undefined for JSON and for no duplicates. */
  duplicatesText?: string;
}

/**
 * Reads the first document of a YAML 1.1 text, as Go's yaml v2 does. JSON is YAML, and is tried first.
 *
 * @returns the value; an empty text is null. Keys that are not text become text.
 * @throws YamlSyntaxError, also for alias bombs and for what is too deep or too large (16 MiB)
 */
export function decodeYaml(input: Uint8Array | string): DecodedYaml {
  if (input.length > maxBytes) throw new YamlSyntaxError("yaml: document is too large");
  const text = typeof input === "string" ? input : decoder.decode(input);
  if (/^\s*[{["]/.test(text)) {
    try {
      return decodeJson(text);
    } catch (error) {
      // What is too deep as JSON is too deep as YAML, where finding out takes longer.
      if (error instanceof JsonSyntaxError && error.message === "exceeded max depth") throw new YamlSyntaxError(`yaml: ${error.message}`);
      // Flow style that is not JSON.
    }
  }
  const lines = new LineCounter();
  try {
    const document = composeFirst(text, lines);
    if (!document) return { value: null, duplicates: [] };
    const error = document.errors[0];
    if (error && /call stack/.test(error.message)) throw new RangeError(error.message);
    if (error) throw new YamlSyntaxError(describe(error, lines));
    return new Converter(document, lines).convert();
  } catch (error) {
    if (error instanceof RangeError) throw new YamlDepthError();
    throw error;
  }
}

function composeFirst(text: string, lines: LineCounter): Document.Parsed | undefined {
  // The failsafe schema leaves every scalar as its text: what it means is decided here, not by the package.
  const composer = new Composer({
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    strict: true,
    logLevel: "silent",
  });
  const parser = new Parser(lines.addNewLine);
  for (const document of composer.compose(parser.parse(text))) return document;
  return undefined;
}

/** Upstream's words where a code of the parser has a counterpart; the parser's own otherwise. */
function describe(error: YAMLError, lines: LineCounter): string {
  const line = lines.linePos(error.pos[0]).line;
  const at = (problem: string, shown = line): string => `yaml: line ${Math.max(shown, 1)}: ${problem}`;
  if (/flow (collection|sequence|map)/i.test(error.message) && error.code !== "BLOCK_IN_FLOW") {
    // Go counts from the line before, once the sequence has run into the end of the text.
    const shown = lines.linePos(error.pos[0]).col === 1 && line > 1 ? line - 1 : line;
    return at(`did not find expected ',' or '${/map/i.test(error.message) ? "}" : "]"}'`, shown);
  }
  switch (error.code) {
    case "TAB_AS_INDENT":
      return at("found character that cannot start any token");
    case "BLOCK_AS_IMPLICIT_KEY":
      return at("mapping values are not allowed in this context");
    case "BAD_INDENT":
      return at("did not find expected key");
    case "MISSING_CHAR":
      return at(/quote/.test(error.message) ? "found unexpected end of stream" : "could not find expected ':'");
    default:
      return at(error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, ""));
  }
}

const stringTag = "tag:yaml.org,2002:str";

class Converter {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  readonly #duplicates = new Set<string>();
  readonly #duplicateLines: string[] = [];
  #values = 0;
  #aliased = 0;
  #insideAlias = 0;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  convert(): DecodedYaml {
    const value = this.#convert(this.#document.contents, "", 0);
    if (this.#duplicateLines.length === 0) return { value, duplicates: [] };
    return {
      value,
      duplicates: [...this.#duplicates],
      duplicatesText: `yaml: unmarshal errors:\n${this.#duplicateLines.join("\n")}`,
    };
  }

  #count(): void {
    this.#values++;
    if (this.#insideAlias > 0 && tooManyAliased(++this.#aliased, this.#values)) {
      throw new YamlSyntaxError("yaml: document contains excessive aliasing");
    }
  }

  #convert(node: Node | null, path: string, depth: number): JsonValue {
    this.#count();
    if (depth > maxDepth) throw new YamlDepthError();
    if (node === null) return null;
    if (isAlias(node)) return this.#follow(node.source, (target) => this.#convert(target, path, depth + 1));
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return scalarValue(node);
    this.#open.add(node);
    let value: JsonValue = null;
    if (isSeq(node)) {
      const items: JsonValue[] = [];
      for (const item of node.items) items.push(this.#convert(asNode(item), `${path}[${items.length}]`, depth + 1));
      value = items;
    } else if (isMap(node)) {
      value = this.#convertMap(node.items, path, depth);
    }
    this.#open.delete(node);
    return value;
  }

  #follow<T>(anchor: string, use: (target: Node) => T): T {
    const target = this.#anchors.get(anchor);
    if (!target) throw new YamlSyntaxError(`yaml: unknown anchor '${anchor}' referenced`);
    if (this.#open.has(target)) throw new YamlSyntaxError(`yaml: anchor '${anchor}' value contains itself`);
    this.#insideAlias++;
    const result = use(target);
    this.#insideAlias--;
    return result;
  }

  #convertMap(pairs: readonly { key: unknown; value: unknown }[], path: string, depth: number): JsonObject {
    const object: JsonObject = {};
    const seen = new Set<string>();
    const merges: Node[] = [];
    for (const pair of pairs) {
      const keyNode = asNode(pair.key);
      if (isScalar(keyNode) && keyNode.type === "PLAIN" && keyNode.source === "<<" && !keyNode.tag) {
        merges.push(asNode(pair.value)!);
        continue;
      }
      const key = keyText(this.#convert(keyNode, path, depth + 1));
      const childPath = path === "" ? key : `${path}.${key}`;
      if (seen.has(key)) {
        this.#duplicates.add(childPath);
        const line = this.#lines.linePos(keyNode?.range?.[0] ?? 0).line;
        this.#duplicateLines.push(`  line ${line}: key ${JSON.stringify(key)} already set in map`);
      }
      seen.add(key);
      setOwn(object, key, this.#convert(asNode(pair.value), childPath, depth + 1));
    }
    for (const merge of merges) this.#merge(object, merge, path, depth);
    return object;
  }

  /** `<<`: keys that the map itself does not have; of several maps the first one counts. */
  #merge(object: JsonObject, node: Node, path: string, depth: number): void {
    if (isSeq(node)) {
      for (const item of node.items) this.#merge(object, asNode(item)!, path, depth + 1);
      return;
    }
    const value = this.#convert(node, path, depth + 1);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new YamlSyntaxError("yaml: map merge requires map or sequence of maps as the value");
    }
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined && !Object.hasOwn(object, key)) setOwn(object, key, item);
    }
  }
}

const asNode = (value: unknown): Node | null => (value ?? null) as Node | null;

const keyText = (key: JsonValue): string => (typeof key === "object" && key !== null ? JSON.stringify(key) : String(key));

function scalarValue(node: Scalar): JsonValue {
  const text = node.source ?? String(node.value ?? "");
  switch (node.tag) {
    case undefined:
      return node.type === "PLAIN" ? finite(resolvePlainScalar(text)) : String(node.value);
    case stringTag:
      return String(node.value);
    case "tag:yaml.org,2002:binary":
      return decodeBinary(String(node.value));
    case "tag:yaml.org,2002:null":
      return null;
    case "tag:yaml.org,2002:float":
    case "tag:yaml.org,2002:int":
    case "tag:yaml.org,2002:bool":
      return finite(resolvePlainScalar(String(node.value)));
    default:
      return String(node.value);
  }
}

function decodeBinary(text: string): string {
  try {
    return decoder.decode(Uint8Array.fromBase64(text));
  } catch {
    throw new YamlSyntaxError("yaml: !!binary value contains invalid base64 data");
  }
}

/** JSON has no infinities; upstream fails while turning them into JSON. */
function finite(value: string | number | bigint | boolean | null): JsonValue {
  if (typeof value === "number" && !Number.isFinite(value)) {
    const name = Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    throw new YamlSyntaxError(`json: unsupported value: ${name}`);
  }
  return value;
}
