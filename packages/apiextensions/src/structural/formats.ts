import { compile } from "@meshplane/cel";

/** The formats that are enforced; others are not looked at. @see k8s.io/kube-openapi pkg/validation/strfmt */

const dateTime =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/;

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return match !== null && isDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day;
}

function isDateTime(text: string): boolean {
  const match = dateTime.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  return isDay(year, month, day) && hour < 24 && minute < 60 && second < 60;
}

/** `1h5m`, and the long unit names that go-openapi also takes: `3 days`. */
function isDuration(text: string): boolean {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)?(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/.test(text)) return /\d/.test(text);
  if (text === "0") return true;
  return /^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|(nano|micro|milli)(second)?s?|(second|sec|minute|min|hour|hr|day|week|wk)s?)[\s,]*)+$/i.test(text);
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}

const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const hostname = new RegExp(`^${label}(?:\\.${label})*\\.?$`);

const isHostname = (text: string): boolean =>
  text.length <= 255 && hostname.test(text) && text.split(".").every((part) => part.length <= 63);

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const isIp = compile("isIP(self)", { variables: { self: "dyn" } });
const isCidr = compile("isCIDR(self)", { variables: { self: "dyn" } });
const holds = (program: typeof isIp, self: string): boolean => program.evaluate({ self }).value === true;

const uuid = (version: string) => {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${version === "[0-9a-f]" || version === "3" ? "[0-9a-f]" : "[89ab]"}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i");
  return (text: string): boolean => pattern.test(text);
};

const isUri = (text: string): boolean => /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s]*$/.test(text);
const isEmail = (text: string): boolean => text.length <= 320 && /^[^\s@<>]+@[^\s@<>]+$/.test(text);
const shortName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

const formats: Record<string, (text: string) => boolean> = {
  "date-time": isDateTime,
  datetime: isDateTime,
  date: isDate,
  byte: isBase64,
  duration: isDuration,
  hostname: isHostname,
  ipv4: (text) => ipv4.test(text),
  ipv6: (text) => text.includes(":") && text.length < 64 && holds(isIp, text),
  cidr: (text) => text.length < 64 && holds(isCidr, text),
  uuid: uuid("[0-9a-f]"),
  uuid3: uuid("3"),
  uuid4: uuid("4"),
  uuid5: uuid("5"),
  uri: isUri,
  email: isEmail,
  mac: (text) => /^(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})$/.test(text),
  hexcolor: (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  bsonobjectid: (text) => /^[0-9a-fA-F]{24}$/.test(text),
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  "k8s-short-name": (text) => shortName.test(text),
  "k8s-long-name": (text) => text.length <= 253 && text.split(".").every((part) => shortName.test(part)),
};

/** Undefined for formats that nobody checks (password, int32 of strings, unknown ones). */
export const formatCheck = (format: string): ((text: string) => boolean) | undefined =>
  Object.hasOwn(formats, format) ? formats[format] : undefined;
