/** What one type of event alone has, as fields with `when`: from samples, a JSON Schema, or by hand. */

import type { Model } from "@/api/types";
import type { TemplateName } from "@/components/TemplateSelect";
import { hasChildren, whenValues, type DataType, type Node, type SchemaField } from "@/pages/revisions/field";
import { placeFault } from "@/pages/revisions/place_checks";
import { isObject } from "@/pages/revisions/sources";
import { freeKey, spelled, startsWith } from "@/pages/revisions/unknown_field";
import { readJson, Written, writeJson } from "@/text/json";
import { keysOf, pathOf } from "@/text/pointers";
import { samplesFrom } from "@/text/samples";

type Template = Model<"Template">;
type Plan = NonNullable<Model<"RevisionCreate">["plan"]>;

/** Where an event says what it is, and where what belongs to that alone stands. */
export interface Place {
  /** Pointer. */
  name: string;
  /** A key or a pointer; empty: beside the name. */
  content: string;
}

/** One field as it is typed by hand. */
export interface TypedField {
  id: number;
  sentAs: string;
  type: DataType;
  required: boolean;
}

export function blankField(id: number): TypedField {
  return { id, sentAs: "", type: "STRING", required: false };
}

/** The place of the template that a tree with these names was made from; in other events, beside the first pointer. */
export function placeFor(eventName: readonly string[], nodes: readonly Node[], templates: readonly Template[]): Place {
  const like = templates.find(({ event_name }) => writeJson(event_name) === writeJson(eventName))?.typed;
  const isRead = (content: string) =>
    nodes.some((node) => node.when.length === 0 && startsWith(pathOf({ key: content, from: content }), pathOf(node)));
  return like && isRead(like.content) ? like : { name: eventName[0] ?? "", content: "" };
}

/** What is wrong with the name of an event that a tree may have fields for already. */
export function nameFault(event: string, place: Place, nodes: readonly Node[]): string | null {
  if (event.trim() === "") return "Name the event, as it is sent.";
  const isThere = nodes.some(({ when }) =>
    when.some(({ pointer, text }) => pointer === place.name && whenValues(text).includes(event)),
  );
  return isThere ? "This draft has fields for this event already." : null;
}

export function contentFault({ content }: Place): string | null {
  return content === "" ? null : placeFault(content);
}

/** The body that makes the fields of one event, or what is wrong with the text. */
export function planOf(
  event: string,
  source: "samples" | "json_schema",
  text: string,
  place: Place,
  templates: readonly Template[],
): { template: TemplateName; plan: Plan } | string {
  const said = source === "samples" ? samplesOf(text, place) : schemaOf(text);
  if (typeof said === "string") return said;
  const typed = templates.filter((template) => template.typed !== null);
  const like = typed.find((template) => writeJson(template.typed) === writeJson(place)) ?? typed[0];
  if (like === undefined) return "The templates are not loaded yet.";
  // Only what the event alone has is taken of the answer: any template that takes a plan does.
  const plan = Object.fromEntries([[event, said]]) as unknown as Plan;
  return { template: like.name, plan };
}

function schemaOf(text: string): Written | string {
  return isObject(text) ? new Written(text.trim()) : "Must be a JSON object.";
}

/** Samples of what the event alone has; of whole events, that part. */
function samplesOf(text: string, { content }: Place): unknown[] | string {
  const { events, fault } = samplesFrom(text);
  if (events === null) return fault;
  if (content === "") return events;
  const keys = pathOf({ key: content, from: content });
  const inner = events.map((event) => valueAt(readJson(event.text), keys));
  return inner.every(isRecord) ? inner : events;
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce((inner, key) => (isRecord(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Written);
}

/** What is wrong with the fields that are typed by hand, by their id. */
export function typedFaults(rows: readonly TypedField[]): ReadonlyMap<number, string> {
  const seen = new Set<string>();
  const faults = new Map<number, string>();
  for (const { id, sentAs } of rows) {
    const fault = sentAs === "" ? "A field needs a key." : placeFault(sentAs);
    if (fault !== null) faults.set(id, fault);
    else if (seen.has(sentAs)) faults.set(id, "This key stands above already.");
    seen.add(sentAs);
  }
  return faults;
}

/** What an event alone has, as one field that holds what is typed. */
export function typedContent(rows: readonly TypedField[]): SchemaField {
  const fields: SchemaField[] = [];
  for (const { sentAs, type, required } of rows) {
    const name = sentAs.startsWith("/") ? (keysOf(sentAs).at(-1) ?? "") : sentAs;
    const key = freeKey(name, fields, 2);
    const from = key === sentAs ? {} : { from: sentAs };
    fields.push({ key, ...from, type, presence: required ? "required" : "optional" });
  }
  return { key: "content", type: "OBJECT", presence: "optional", fields };
}

export interface Placed {
  fields: SchemaField[];
  /** Keys that a field of every event reads already. */
  known: string[];
}

/** The fields of one event beside those of a tree: one object, or each of what it holds where it stands at the root. */
export function placed(event: string, content: SchemaField, place: Place, nodes: readonly Node[]): Placed | string {
  const when = { [place.name]: [event] };
  const inner = content.fields ?? [];
  if (place.content !== "") {
    const key = freeKey(spelled(event), nodes, 1);
    const { type, rules } = content;
    const presence = inner.some((field) => field.presence === "required") ? "required" : "optional";
    const from = place.content === key ? {} : { from: place.content };
    const made: SchemaField = { key, ...from, type, presence, when };
    if (rules !== undefined) made.rules = rules;
    if (hasChildren(type)) made.fields = inner;
    return { fields: [made], known: [] };
  }
  const read = new Set(nodes.filter((node) => node.when.length === 0).map((node) => writeJson(pathOf(node))));
  const taken: { key: string }[] = [...nodes];
  const fields: SchemaField[] = [];
  const known: string[] = [];
  for (const field of inner) {
    if (read.has(writeJson(pathOf(field)))) {
      known.push(field.from ?? field.key);
      continue;
    }
    const key = freeKey(field.key, taken, 1);
    taken.push({ key });
    const from = key === field.key ? {} : { from: field.from ?? field.key };
    fields.push({ ...field, key, ...from, when });
  }
  return fields.length === 0 ? "All of these keys have a field for every event already." : { fields, known };
}
