/** Named formats: `format.dns1123Label().validate(self)` gives an optional list of what is wrong. @see Kubernetes' format library */
import { library } from "../library.ts";
import { parseTimestamp, parseDate } from "../time.ts";
import { ArrayList, CelOpaque, CelOptional, type CelValue } from "../values.ts";
import { parseQuantity } from "./quantity.ts";

class CelFormat extends CelOpaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;
  readonly check: (text: string) => string[];
  constructor(name: string, check: (text: string) => string[]) {
    super();
    this.name = name;
    this.check = check;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
  override toString(): string {
    return this.name;
  }
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label1035Pattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const rule =
  (pattern: RegExp, most: number, message: string) =>
  (text: string): string[] => {
    if (text.length > most) return [`must be no more than ${most} characters`];
    return pattern.test(text) ? [] : [message];
  };
/** A name that something is appended to may end in a dash. */
const prefix =
  (check: (text: string) => string[]) =>
  (text: string): string[] =>
    check(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

const checkLabel = rule(labelPattern, 63, label);
const checkSubdomain = rule(subdomainPattern, 253, subdomain);
const check1035 = rule(label1035Pattern, 63, label1035);

function checkQualified(text: string): string[] {
  const parts = text.split("/");
  const name = parts.at(-1)!;
  if (parts.length > 2)
    return [
      "a qualified name " +
        qualified.replace(/^name part /, "") +
        " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  const problems: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === "") problems.push("prefix part must be non-empty");
    else for (const problem of checkSubdomain(parts[0]!)) problems.push(`prefix part ${problem}`);
  }
  if (name === "") problems.push("name part must be non-empty");
  else if (name.length > 63) problems.push("name part must be no more than 63 characters");
  if (!namePattern.test(name.slice(0, 64))) problems.push(qualified);
  return problems;
}

const formats = [
  new CelFormat("dns1123Label", checkLabel),
  new CelFormat("dns1123Subdomain", checkSubdomain),
  new CelFormat("dns1035Label", check1035),
  new CelFormat("qualifiedName", checkQualified),
  new CelFormat("dns1123LabelPrefix", prefix(checkLabel)),
  new CelFormat("dns1123SubdomainPrefix", prefix(checkSubdomain)),
  new CelFormat("dns1035LabelPrefix", prefix(check1035)),
  new CelFormat("labelValue", (text) => (text === "" ? [] : rule(namePattern, 63, labelValue)(text))),
  new CelFormat("uri", (text) => (/^([A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s]*$/.test(text) ? [] : ["invalid URI for request"])),
  new CelFormat("uuid", (text) =>
    /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/.test(text)
      ? []
      : ["does not match the UUID format"],
  ),
  new CelFormat("byte", (text) => (isBase64(text) ? [] : ["invalid base64"])),
  new CelFormat("date", (text) => (attempt(() => parseDate(text)) === undefined ? ["invalid date"] : [])),
  new CelFormat("datetime", (text) => (attempt(() => parseTimestamp(text)) === undefined ? ["invalid datetime"] : [])),
  new CelFormat("quantity", (text) => (parseQuantity(text) ? [] : ["invalid quantity"])),
];
const byName = new Map(formats.map((format) => [format.name, format]));

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return attempt(() => Uint8Array.fromBase64(text)) !== undefined;
}

function validate(format: CelFormat, text: string): CelOptional {
  const problems = format.check(text);
  return problems.length === 0 ? CelOptional.none : new CelOptional(new ArrayList(problems));
}

export const formatLibrary = library(
  {
    ...Object.fromEntries(formats.map((format) => [`format.${format.name}(): kubernetes.NamedFormat`, (): CelValue => format])),
    "format.named(string): optional<kubernetes.NamedFormat>": (name: string) => {
      const format = byName.get(name);
      return format ? new CelOptional(format) : CelOptional.none;
    },
    "(kubernetes.NamedFormat).validate(string): optional<list<string>>": {
      call: validate,
      cost: ([, text]) => Math.max(1, Math.ceil(text! * 0.4)),
    },
  },
  ["kubernetes.NamedFormat"],
);
