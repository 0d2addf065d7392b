/**
 * The string formats that schemas may ask for, as strict and as lenient as upstream is. Unknown ones are not checked.
 * @see k8s.io/kube-openapi validation/strfmt
 */
import { parseGoDuration } from "../duration.ts";

type Check = (text: string) => boolean;

const matches =
  (expression: RegExp): Check =>
  (text) =>
    expression.test(text);

const daysIn = (year: number, month: number): number => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

function isDate(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function isDateTime(text: string): boolean {
  const lower = text.toLowerCase();
  const at = lower.indexOf("t");
  if (at < 0 || !isDate(lower.slice(0, at))) return false;
  const match = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/.exec(lower.slice(at + 1));
  return match !== null && Number(match[1]) < 24 && Number(match[2]) < 60 && Number(match[3]) < 60;
}

const durationUnits = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;

/** Go's durations, and `3 days`, `2weeks`. */
function isDuration(text: string): boolean {
  try {
    parseGoDuration(text);
    return true;
  } catch {
    for (const [, unit] of text.matchAll(/[0-9]+\s{0,8}([A-Za-zµ]+)/g)) if (durationUnits.test(unit!)) return true;
    return false;
  }
}

/** @see net.ParseIP: no leading zeros. */
const isIpv4: Check = (text) =>
  /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(text) &&
  text.split(".").every((part) => Number(part) <= 255 && (part === "0" || !part.startsWith("0")));

function isIpv6(text: string): boolean {
  if (text.length > 45 || !text.includes(":")) return false;
  let rest = text;
  const lastColon = rest.lastIndexOf(":");
  const tail = rest.slice(lastColon + 1);
  if (tail.includes(".")) {
    if (!isIpv4(tail)) return false;
    rest = `${rest.slice(0, lastColon + 1)}0:0`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (!/^[0-9]{1,3}$/.test(length)) return false;
  return (isIpv4(address) && Number(length) <= 32) || (isIpv6(address) && Number(length) <= 128);
}

/** @see net/url ParseRequestURI: an absolute path, or anything with a scheme. */
function isUri(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  if (text === "" || /[\u0000-\u001f\u007f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  if (text.startsWith("/")) return true;
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)?.[0];
  if (scheme === undefined) return false;
  const rest = text.slice(scheme.length);
  if (!rest.startsWith("//")) return true;
  const authority = /^[^/?#]*/.exec(rest.slice(2))![0];
  return !/[ "<>\\^`{|}]/.test(authority) && /(?:^|[^:])(?::[0-9]*)?$|\]$/.test(authority);
}

const label = "[a-zA-Z0-9\\p{S}\\p{L}]";
const singleHost = new RegExp(`^${label}(?:-?${label}{0,62})?$`, "u");
const dottedHost = new RegExp(`^(?:${label}(?:[-a-zA-Z0-9\\p{S}\\p{L}]{0,61}${label})?\\.)+[a-zA-Z\\p{L}]{2,63}$`, "u");
const isHostname: Check = (text) =>
  text.length <= 255 && (singleHost.test(text) || dottedHost.test(text)) && text.split(".").every((part) => part.length <= 63);

const digits = (text: string): string => text.replace(/[- ]/g, "");
const isIsbn10: Check = (text) => {
  const found = digits(text);
  if (!/^[0-9]{9}[0-9X]$/.test(found)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (i + 1) * (found[i] === "X" ? 10 : Number(found[i]));
  return sum % 11 === 0;
};
const isIsbn13: Check = (text) => {
  const found = digits(text);
  if (!/^[0-9]{13}$/.test(found)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += (i % 2 === 0 ? 1 : 3) * Number(found[i]);
  return sum % 10 === 0;
};
const isCreditCard: Check = (text) => {
  const found = digits(text);
  if (!/^[0-9]{12,19}$/.test(found)) return false;
  let sum = 0;
  for (let i = 0; i < found.length; i++) {
    let digit = Number(found[found.length - 1 - i]);
    if (i % 2 === 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
};

const uuid = (version: string, variant: string): Check =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i"));

const checks: Record<string, Check> = {
  uri: isUri,
  email: (text) => text.length <= 320 && /^[^\s@<>(),;:]+@[^\s@<>(),;:]+$/.test(text),
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: isCidr,
  mac: matches(
    /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\2){6}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|(?:[0-9a-f]{4}\.){3}[0-9a-f]{4})$/i,
  ),
  uuid: uuid("[0-9a-f]", "[0-9a-f]"),
  uuid3: uuid("3", "[0-9a-f]"),
  uuid4: uuid("4", "[89ab]"),
  uuid5: uuid("5", "[89ab]"),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matches(/^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$/),
  hexcolor: matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(/^rgb\(\s{0,9}(?:[0-9]{1,3}\s{0,9},\s{0,9}){2}[0-9]{1,3}\s{0,9}\)$/),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  k8sshortname: (text) => text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text),
  k8slongname: (text) => text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text),
};

/** The check of a string format; undefined when there is none. Dashes in its name do not count. */
export function formatCheck(format: string): Check | undefined {
  const name = format.replaceAll("-", "");
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}
