/**
 * Which names are names. Each function answers the texts that upstream prints inside "Invalid value: …", none when the name is fine.
 * The expressions are printed, so their text is upstream's; all of them match in linear time.
 * @see k8s.io/apimachinery api/validate/content, util/validation
 */
import { utf8Length } from "../utf8-length.ts";

const valid: string[] = Object.freeze([]) as unknown as string[];

const labelText = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainText = `${labelText}(\\.${labelText})*`;
const dns1035Text = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedText = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValueText = `(${qualifiedText})?`;
const configKeyText = "[-._a-zA-Z0-9]+";
const identifierText = "[A-Za-z_][A-Za-z0-9_]*";
const wildcardText = `\\*\\.${subdomainText}`;

const whole = (text: string): RegExp => new RegExp(`^(?:${text})$`);
const label = whole(labelText);
const subdomain = whole(subdomainText);
const dns1035 = whole(dns1035Text);
const qualified = whole(qualifiedText);
const labelValue = whole(labelValueText);
const configKey = whole(configKeyText);
const identifier = whole(identifierText);
const wildcard = whole(wildcardText);

/** "… (e.g. 'a',  or 'b', regex used for validation is '…')": the doubled blank is upstream's. */
export const regexError = (message: string, expression: string, ...examples: string[]): string =>
  examples.length === 0
    ? `${message} (regex used for validation is '${expression}')`
    : `${message} (e.g. '${examples.join("',  or '")}', regex used for validation is '${expression}')`;

const tooManyCharacters = (max: number): string => `must be no more than ${max} characters`;
const tooManyBytes = (max: number): string => `must be no more than ${max} bytes`;

function check(value: string, max: number, expression: RegExp, tooLong: string, mismatch: (value: string) => string): string[] {
  const matches = expression.test(value);
  if (matches && value.length <= max) return valid; // what matches is ASCII, so characters are bytes
  const errors: string[] = [];
  if (utf8Length(value) > max) errors.push(tooLong);
  if (!matches) errors.push(mismatch(value));
  return errors;
}

/** At most 63 of `a-z0-9-`. */
export const isDns1123Label = (value: string): string[] =>
  check(value, 63, label, tooManyCharacters(63), () =>
    subdomain.test(value)
      ? "must not contain dots"
      : regexError(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          labelText,
          "my-name",
          "123-abc",
        ),
  );

const subdomainMismatch = (): string =>
  regexError(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    subdomainText,
    "example.com",
  );

/** At most 253 characters, labels joined by dots. */
export const isDns1123Subdomain = (value: string): string[] => check(value, 253, subdomain, tooManyCharacters(253), subdomainMismatch);

/** Like a DNS-1123 label, but starts with a letter. */
export const isDns1035Label = (value: string): string[] =>
  check(value, 63, dns1035, tooManyCharacters(63), () =>
    regexError(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      dns1035Text,
      "my-name",
      "abc-123",
    ),
  );

/** `*.` and a subdomain. */
export const isWildcardDns1123Subdomain = (value: string): string[] =>
  check(value, 253, wildcard, tooManyCharacters(253), () =>
    regexError(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      wildcardText,
      "*.example.com",
    ),
  );

const qualifiedMismatch = (): string =>
  regexError(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    qualifiedText,
    "MyName",
    "my.name",
    "123-abc",
  );

/** A label key, annotation key or finalizer: `[subdomain/]name`. */
export function isQualifiedName(value: string): string[] {
  const slash = value.indexOf("/");
  const name = value.slice(slash + 1);
  if (slash < 0 && name.length <= 63 && qualified.test(name)) return valid;
  if (name.includes("/")) {
    return [`a valid label key ${qualifiedMismatch()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  if (slash === 0) errors.push("prefix part must be non-empty");
  else if (slash > 0) {
    for (const error of isDns1123Subdomain(value.slice(0, slash))) {
      // The prefix is measured in bytes here, the same name elsewhere in characters.
      errors.push(`prefix part ${error === tooManyCharacters(253) ? tooManyBytes(253) : error}`);
    }
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (utf8Length(name) > 63) errors.push(`name part ${tooManyBytes(63)}`);
  if (!qualified.test(name)) errors.push(`name part ${qualifiedMismatch()}`);
  return errors;
}

/** At most 63 bytes, may be empty. */
export const isLabelValue = (value: string): string[] =>
  check(value, 63, labelValue, tooManyBytes(63), () =>
    regexError(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      labelValueText,
      "MyValue",
      "my_value",
      "12345",
    ),
  );

/** A key of a ConfigMap or Secret: a file name. */
export function isConfigMapKey(value: string): string[] {
  const errors = check(value, 253, configKey, tooManyCharacters(253), () =>
    regexError(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      configKeyText,
      "key.name",
      "KEY_NAME",
      "key-name",
    ),
  );
  const path = value === "." || value === ".." ? [`must not be '${value}'`] : value.startsWith("..") ? ["must not start with '..'"] : valid;
  return path.length === 0 ? errors : [...errors, ...path];
}

export const isCIdentifier = (value: string): string[] =>
  identifier.test(value)
    ? valid
    : [
        regexError(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          identifierText,
          "my_name",
          "MY_NAME",
          "MyName",
        ),
      ];

/** A domain with at least three segments. Texts as of `metadata.name` of groups; without the field. */
export function isFullyQualifiedName(value: string): string[] {
  const errors = isDns1123Subdomain(value);
  if (errors.length > 0) return [errors.join(",")];
  return value.split(".").length < 3 ? ["should be a domain with at least three segments separated by dots"] : valid;
}

/** Says whether a name fits a kind. With `prefix`, the name is a generateName, to which more will be appended. */
export type NameValidation = (name: string, prefix: boolean) => string[];

/** A generateName may end in a dash: the last two characters are looked at as if they were one letter. */
const maskTrailingDash = (name: string): string => (name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name);

/** Names of RBAC objects: whatever fits one path segment. */
export function pathSegmentName(name: string, prefix: boolean): string[] {
  if (!prefix && (name === "." || name === "..")) return [`may not be '${name}'`];
  const errors: string[] = [];
  if (name.includes("/")) errors.push("may not contain '/'");
  if (name.includes("%")) errors.push("may not contain '%'");
  return errors.length === 0 ? valid : errors;
}

/** Most objects' names. */
export const dnsSubdomainName: NameValidation = (name, prefix) => isDns1123Subdomain(prefix ? maskTrailingDash(name) : name);

/** Names of namespaces. */
export const dnsLabelName: NameValidation = (name, prefix) => isDns1123Label(prefix ? maskTrailingDash(name) : name);

/** Names of services. */
export const dns1035LabelName: NameValidation = (name, prefix) => isDns1035Label(prefix ? maskTrailingDash(name) : name);
