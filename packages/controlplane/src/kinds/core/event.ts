import {
  fieldInvalid,
  fieldRequired,
  isDns1123Subdomain,
  isQualifiedName,
  utf8Length,
  type FieldError,
  type KubeObject,
} from "@meshplane/apimachinery";
import type { PrinterColumn } from "@meshplane/apiserver";
import { column, define, nameColumn, type Kind } from "../define.ts";
import { ageSince } from "../age-since.ts";
import { unchanged } from "../immutable.ts";
import { toTypedJson } from "../typed-json.ts";
import { structNamed } from "../../schemas/go-types.ts";

interface ObjectReference {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiVersion?: string;
  resourceVersion?: string;
  fieldPath?: string;
}
interface EventSource {
  component?: string;
  host?: string;
}
interface EventSeries {
  count?: number;
  lastObservedTime?: string | null;
}

/** The core group's event, which is also the stored form. */
interface CoreEvent extends KubeObject {
  involvedObject?: ObjectReference;
  reason?: string;
  message?: string;
  source?: EventSource;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  count?: number;
  type?: string;
  eventTime?: string | null;
  series?: EventSeries;
  action?: string;
  related?: ObjectReference;
  reportingComponent?: string;
  reportingInstance?: string;
}

/** Where the two groups' names for one thing differ: core → events.k8s.io. */
const names: readonly (readonly [core: keyof CoreEvent, grouped: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

/** From one group's form to the other's, in place; the field names of the result decide which. */
function rename(event: KubeObject, from: 0 | 1): KubeObject {
  for (const pair of names) {
    const old = pair[from] as string;
    if (!Object.hasOwn(event, old)) continue;
    event[pair[1 - from]!] = event[old];
    delete event[old];
  }
  return event;
}
const toCore = (event: KubeObject): CoreEvent => rename(event, 1) as CoreEvent;
const asCore = (event: KubeObject): CoreEvent => toCore({ ...event });

/** With the required fields that the other form may leave out: stored bytes go out as they are. */
const exactly = (event: KubeObject, type: string): KubeObject => toTypedJson(event, structNamed(type)) as unknown as KubeObject;

const columns: PrinterColumn[] = [
  column("Last Seen", "How long ago it happened last."),
  column("Type", "Normal or Warning."),
  column("Reason", "Why it happened, in one word."),
  column("Object", "What it happened to."),
  column("Subobject", "Which part of the object.", { priority: 1 }),
  column("Source", "Who reports it.", { priority: 1 }),
  column("Message", "What happened."),
  column("First Seen", "How long ago it happened first.", { priority: 1 }),
  column("Count", "How often it happened.", { priority: 1 }),
  { ...nameColumn, priority: 1 },
];

function cells(event: CoreEvent, now: number): unknown[] {
  const { involvedObject = {}, source = {}, series } = event;
  const first = event.firstTimestamp ? ageSince(event.firstTimestamp, now) : ageSince(event.eventTime, now);
  let last = event.lastTimestamp ? ageSince(event.lastTimestamp, now) : first;
  if (series) last = ageSince(series.lastObservedTime, now);
  const count = series ? series.count : event.count || 1;
  const kind = (involvedObject.kind ?? "").toLowerCase();
  const component = source.component || event.reportingComponent || "";
  const instance = source.host || event.reportingInstance || "";
  return [
    last,
    event.type ?? "",
    event.reason ?? "",
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? "",
    instance ? `${component}, ${instance}` : component,
    (event.message ?? "").trim(),
    first,
    count ?? 0,
    event.metadata.name,
  ];
}

const referenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] as const;
const shared = ["reason", "type"];
const coreFields = [...referenceFields.map((name) => `involvedObject.${name}`), ...shared, "reportingComponent", "source"];
const groupedFields = [...referenceFields.map((name) => `regarding.${name}`), ...shared, "reportingController"];

/** Under both groups' names: one record answers the selectors of both. `any` is in either form. */
function fieldValues(any: KubeObject): Record<string, string> {
  const event = asCore(any);
  const values: Record<string, string> = {};
  for (const name of referenceFields) values[`involvedObject.${name}`] = values[`regarding.${name}`] = event.involvedObject?.[name] ?? "";
  values.reason = event.reason ?? "";
  values.type = event.type ?? "";
  values.reportingComponent = values.reportingController = event.reportingComponent ?? "";
  values.source = event.source?.component || (event.reportingComponent ?? "");
  return values;
}

const common: Omit<Kind<KubeObject>, "group" | "cells"> = {
  resource: "events",
  kind: "Event",
  shortNames: ["ev"],
  namespaced: true,
  createOnUpdate: true,
  columns,
  fieldValues,
  storage: { group: "", resource: "events" },
  storedAs: "v1, Kind=Event",
};

export const coreEvents = define<CoreEvent>({
  ...(common as Kind<KubeObject>),
  group: "",
  names: "pathSegment",
  cells,
  selectableFields: coreFields,
  validate: (event) => commonErrors(event, "reportingComponent"),
} as Kind<CoreEvent>);

export const groupedEvents = define<KubeObject>({
  ...common,
  group: "events.k8s.io",
  cells: (event, now) => cells(asCore(event), now),
  selectableFields: groupedFields,
  validateUpdate: (next, current) => changeErrors(asCore(next), asCore(current)),
  validate: (event) => commonErrors(asCore(event), "reportingController"),
  convert: {
    fromStorage: (event) => exactly(rename(event, 0), "events.Event"),
    toStorage: (event) => exactly(toCore(event), "core.Event"),
  },
});
// a create has rules of its own, stricter than those of an update
Object.assign(groupedEvents.strategy, {
  validateCreate: (event: KubeObject) => {
    const core = asCore(event);
    return [...commonErrors(core, "reportingController"), ...createErrors(core)];
  },
});

const textMax = 128;
const noteMax = 1024;

/** Rules of both groups; those with an eventTime are the newer API's, which is stricter. */
function commonErrors(event: CoreEvent, controllerField: string): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata, involvedObject = {}, eventTime, reportingComponent = "" } = event;
  const namespace = metadata.namespace ?? "";
  const about = involvedObject.namespace ?? "";
  const mismatch = eventTime
    ? about === "" && namespace !== "default" && namespace !== "kube-system"
    : about === "" ? namespace !== "" && namespace !== "default" : namespace !== about; // prettier-ignore
  if (mismatch) errors.push(fieldInvalid("involvedObject.namespace", about, "does not match event.namespace"));
  if (eventTime) {
    if (reportingComponent === "") errors.push(fieldRequired(controllerField));
    for (const detail of isQualifiedName(reportingComponent)) errors.push(fieldInvalid(controllerField, reportingComponent, detail));
    errors.push(...textErrors("reportingInstance", event.reportingInstance, textMax, true));
    errors.push(...textErrors("action", event.action, textMax, true));
    errors.push(...textErrors("reason", event.reason, textMax, true));
    errors.push(...textErrors("message", event.message, noteMax, false));
  }
  for (const detail of isDns1123Subdomain(namespace)) errors.push(fieldInvalid("namespace", namespace, detail));
  return errors;
}

function textErrors(field: string, text = "", max: number, required: boolean): FieldError[] {
  if (text === "" && required) return [fieldRequired(field)];
  return utf8Length(text) > max ? [fieldInvalid(field, "", `can have at most ${max} characters`)] : [];
}

function createErrors(event: CoreEvent): FieldError[] {
  const errors = seriesErrors(event.series);
  if (!event.eventTime) errors.push(fieldRequired("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning") errors.push(fieldInvalid("type", "", `has invalid value: ${event.type ?? ""}`));
  const unset = (field: string, isSet: unknown): void => void (isSet && errors.push(fieldInvalid(field, "", "needs to be unset")));
  unset("firstTimestamp", event.firstTimestamp);
  unset("lastTimestamp", event.lastTimestamp);
  unset("count", event.count);
  unset("source", event.source?.component || event.source?.host);
  return errors;
}

function seriesErrors(series: EventSeries | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (!series) return errors;
  if ((series.count ?? 0) < 2) errors.push(fieldInvalid("series.count", "", "should be at least 2"));
  if (!series.lastObservedTime) errors.push(fieldRequired("series.lastObservedTime"));
  return errors;
}

/** events.k8s.io: nothing may change but the series. */
function changeErrors(next: CoreEvent, current: CoreEvent): FieldError[] {
  const errors = unchanged("", next.series, current.series).length > 0 ? seriesErrors(next.series) : [];
  const fixed: [field: string, key: keyof CoreEvent][] = [
    ["involvedObject", "involvedObject"],
    ["reason", "reason"],
    ["message", "message"],
    ["source", "source"],
    ["firstTimestamp", "firstTimestamp"],
    ["lastTimestamp", "lastTimestamp"],
    ["count", "count"],
    ["type", "type"],
    ["eventTime", "eventTime"],
    ["action", "action"],
    ["related", "related"],
    ["reportingController", "reportingComponent"],
    ["reportingInstance", "reportingInstance"],
  ];
  for (const [field, key] of fixed) errors.push(...unchanged(field, next[key], current[key]));
  return errors;
}
