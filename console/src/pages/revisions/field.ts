/**
 * A field as the designer holds it: every field there, arguments as text as they are typed, and an id of its own that
 * outlives a change of key.
 */

import type { Model } from "@/api/types";
import { meaningOf, numberText, readJson, writeJson, Written } from "@/text/json";

export type SchemaField = Model<"SchemaField">;
export type DataType = Model<"DataType">;
export type Presence = Model<"Presence">;
export type Macro = Model<"Macro">;
export type RuleName = NonNullable<SchemaField["rules"]>[number]["rule"];
export type TimestampFormat = Model<"TimestampFormat">;
export type StringFormat = Model<"StringFormat">;
export type Kind = Model<"Kind">;
export type InnerKind = Model<"InnerKind">;
export type Protect = Model<"Protect">;

export interface RuleDraft {
  rule: RuleName;
  text: string;
}

/** One pointer of `when`, with its values as they are typed. */
export interface Condition {
  pointer: string;
  text: string;
}

export interface Node {
  id: number;
  key: string;
  /** Empty: under its own key. */
  from: string;
  type: DataType;
  /** Of a TIMESTAMP, or an array of them; empty: in Unix seconds. */
  format: TimestampFormat | "";
  presence: Presence;
  description: string;
  /** Text, dates and times as they are; everything else as JSON. */
  default: string;
  macro: Macro | "";
  protect: Protect | "";
  /** Empty: in every event. */
  when: Condition[];
  rules: RuleDraft[];
  fields: Node[];
}

/** Fields that the API leaves out where they say nothing. */
type Stored = Pick<SchemaField, "key" | "type"> & Partial<SchemaField>;

export const TYPES: readonly DataType[] = [
  "STRING",
  "INT",
  "FLOAT",
  "BOOLEAN",
  "DATETIME",
  "TIMESTAMP",
  "DATE",
  "JSON",
  "OBJECT",
  "ARRAY_OBJECT",
  "ARRAY_STRING",
  "ARRAY_INT",
  "ARRAY_FLOAT",
  "ARRAY_BOOLEAN",
  "ARRAY_DATETIME",
  "ARRAY_TIMESTAMP",
  "ARRAY_DATE",
  "ARRAY_JSON",
];

export const MAX_DEPTH = 10;
export const MAX_FIELDS = 2_000;
export const MAX_RULES = 16;
export const MAX_ONE_OF_VALUES = 1_000;
export const MAX_FROM_CHARS = 256;
export const MAX_POINTER_KEYS = 8;
export const MAX_WHEN_POINTERS = 3;
export const MAX_WHEN_VALUES = 50;
export const MAX_WHEN_FIELDS = 200;

export const FORMATS: readonly StringFormat[] = [
  "email",
  "uri",
  "uri_reference",
  "uuid",
  "ipv4",
  "ipv6",
  "hostname",
  "date",
  "time",
  "date_time",
  "json_pointer",
  "country_code",
  "currency_code",
  "language_tag",
];

export const KINDS: readonly Kind[] = ["object", "array", "string", "integer", "number", "boolean"];

/** What may stand inside of a JSON value, where null is a value like others. */
export const INNER_KINDS: readonly InnerKind[] = [...KINDS, "null"];

/** The kinds that a rule may list; null of all other rules. */
export function kindsOf(rule: RuleName): readonly InnerKind[] | null {
  if (rule === "kinds") return KINDS;
  return rule === "value_kinds" || rule === "element_kinds" ? INNER_KINDS : null;
}

export const PROTECTS: readonly Protect[] = ["hash", "redact", "ip_prefix", "email_domain", "last_4"];

const STRINGS: readonly DataType[] = ["STRING", "ARRAY_STRING"];
const INTS: readonly DataType[] = ["INT", "ARRAY_INT"];
const NUMBERS: readonly DataType[] = [...INTS, "FLOAT", "ARRAY_FLOAT"];
const JSONS: readonly DataType[] = ["JSON", "ARRAY_JSON"];
const TIMESTAMPS: readonly DataType[] = ["TIMESTAMP", "ARRAY_TIMESTAMP"];
const ARRAYS: readonly DataType[] = TYPES.filter((type) => type.startsWith("ARRAY_"));

export const RULE_TYPES: Record<RuleName, readonly DataType[]> = {
  regex: STRINGS,
  format: [...STRINGS, ...JSONS],
  min_length: STRINGS,
  max_length: STRINGS,
  max_bytes: STRINGS,
  min_value: NUMBERS,
  max_value: NUMBERS,
  multiple_of: INTS,
  one_of: [...STRINGS, ...NUMBERS, "BOOLEAN", "ARRAY_BOOLEAN", "DATE", "ARRAY_DATE"],
  kinds: JSONS,
  value_kinds: JSONS,
  element_kinds: JSONS,
  min_properties: JSONS,
  max_properties: JSONS,
  min_items: ARRAYS,
  max_items: ARRAYS,
  unique_items: ARRAYS.filter((type) => type !== "ARRAY_OBJECT" && type !== "ARRAY_JSON"),
};

export function hasChildren(type: DataType): boolean {
  return type === "OBJECT" || type === "ARRAY_OBJECT";
}

export function isArray(type: DataType): boolean {
  return ARRAYS.includes(type);
}

export function isTimestamp(type: DataType): boolean {
  return TIMESTAMPS.includes(type);
}

export function mayBeProtected(type: DataType): boolean {
  return STRINGS.includes(type);
}

/** The type of what a rule or a default is compared with: of an array its elements', else its own. */
export function scalarOf(type: DataType): DataType {
  return isArray(type) ? (type.slice("ARRAY_".length) as DataType) : type;
}

const TEXTS: readonly DataType[] = ["STRING", "DATETIME", "DATE"];

/** Whether a value of the field is a JSON string. */
export function isText({ type, format }: Pick<Node, "type" | "format">): boolean {
  return TEXTS.includes(type) || (type === "TIMESTAMP" && format === "rfc3339");
}

/** Which presences a type may have: objects in arrays and free JSON take no default, and macros fill scalars. */
export function presencesOf(type: DataType): Presence[] {
  if (type === "ARRAY_OBJECT" || JSONS.includes(type)) return ["required", "optional"];
  if (type === "OBJECT" || isArray(type)) return ["required", "optional", "default"];
  return macrosOf(type).length === 0
    ? ["required", "optional", "default"]
    : ["required", "optional", "default", "macro"];
}

export const MACROS: readonly Macro[] = [
  "event_id",
  "received_at",
  "random_int",
  "uuid",
  "user_ip",
  "user_hash",
  "user_agent",
  "user_country_code",
  "user_region",
  "user_city",
  "browser_name",
  "browser_version",
  "os_name",
  "os_version",
  "device_name",
  "device_brand",
  "device_model",
  "page_url",
  "page_domain",
  "referrer_url",
  "referrer_domain",
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_term",
  "utm_content",
  "screen_size",
  "organisation_id",
  "endpoint_id",
  "environment_id",
  "revision_id",
];

export function macrosOf(type: DataType): Macro[] {
  if (type === "STRING") return MACROS.filter((macro) => macro !== "random_int");
  if (type === "INT") return ["received_at", "random_int"];
  return type === "DATETIME" || type === "TIMESTAMP" ? ["received_at"] : [];
}

/** Makes nodes of what the API answered; ids count on from `next`. */
export function nodesFrom(fields: readonly Stored[], next: { id: number }): Node[] {
  return fields.map((field) => ({
    id: next.id++,
    key: field.key,
    from: field.from ?? "",
    type: field.type,
    format: field.format ?? "",
    presence: field.presence ?? "required",
    description: field.description ?? "",
    default: field.default === undefined ? "" : textOf(field.default),
    macro: field.macro ?? "",
    protect: field.protect ?? "",
    when: Object.entries(field.when ?? {}).map(([pointer, values]) => ({ pointer, text: whenText(values) })),
    rules: (field.rules ?? []).map(({ rule, value }) => ({
      rule,
      text: Array.isArray(value) ? listText(value) : textOf(value),
    })),
    fields: nodesFrom(field.fields ?? [], next),
  }));
}

const fieldsMade = new WeakMap<Node, SchemaField>();

/** The field as the API takes it; arguments that are no JSON go as the text they are, for the API to reject. */
export function fieldFrom(node: Node): SchemaField {
  // Nodes are never changed: of a large tree, only what was edited is made again.
  const made = fieldsMade.get(node) ?? madeOf(node);
  fieldsMade.set(node, made);
  return made;
}

function madeOf(node: Node): SchemaField {
  const scalar = scalarOf(node.type);
  const stored: Stored = { key: node.key, type: node.type, presence: node.presence };
  if (node.from !== "") stored.from = node.from;
  if (node.format !== "") stored.format = node.format;
  if (node.description !== "") stored.description = node.description;
  if (node.presence === "default" && !hasChildren(node.type)) {
    stored.default = (isText(node) ? node.default : asHeld(valueOf(node.default), scalar)) as NonNullable<
      SchemaField["default"]
    >;
  }
  if (node.presence === "macro" && node.macro !== "") stored.macro = node.macro;
  if (node.protect !== "") stored.protect = node.protect;
  if (node.when.length > 0) stored.when = whenFrom(node.when);
  if (node.rules.length > 0) {
    stored.rules = node.rules.map(({ rule, text }) => ({ rule, value: argumentOf(rule, text, scalar) })) as NonNullable<
      SchemaField["rules"]
    >;
  }
  if (hasChildren(node.type)) stored.fields = node.fields.map(fieldFrom);
  return stored;
}

/** A pointer that stands there twice has the values of both: an object of JSON holds it once. */
function whenFrom(conditions: readonly Condition[]): NonNullable<SchemaField["when"]> {
  const values = new Map<string, unknown[]>();
  for (const { pointer, text } of conditions) {
    values.set(pointer, [...(values.get(pointer) ?? []), ...whenValues(text)]);
  }
  return Object.fromEntries(values) as NonNullable<SchemaField["when"]>;
}

function argumentOf(rule: RuleName, text: string, scalar: DataType): unknown {
  if (rule === "regex" || rule === "format") return text;
  if (kindsOf(rule) !== null) return listOf(text, "STRING");
  return rule === "one_of" ? asHeld(listOf(text, scalar), scalar) : asHeld(valueOf(text), scalar);
}

/** A FLOAT is a double, however many digits it is typed with; an INT is what is typed. */
function asHeld(value: unknown, scalar: DataType): unknown {
  if (scalar !== "FLOAT") return value;
  if (Array.isArray(value)) return value.map((element) => asHeld(element, scalar));
  const double = value instanceof Written ? Number(value.text) : NaN;
  return Number.isFinite(double) ? double : value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : writeJson(value);
}

/** The value that a text means as JSON, or the text itself. */
export function valueOf(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return text;
  }
}

/** One value a line where that keeps every value as it is, JSON otherwise. */
export function listText(values: readonly unknown[]): string {
  const isPlain = values.every(
    (value) => numberText(value) !== null || (typeof value === "string" && /^[^\s[](.*\S)?$/.test(value)),
  );
  return isPlain ? values.map(textOf).join("\n") : `[\n${values.map((value) => ` ${writeJson(value)}`).join(",\n")}\n]`;
}

/** The values of a list as it was typed: lines, or one JSON array. */
export function listOf(text: string, scalar: DataType): unknown[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) {
    const parsed = valueOf(trimmed);
    if (Array.isArray(parsed)) return parsed as unknown[];
  }
  const lines = trimmed.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  return TEXTS.includes(scalar) ? lines : lines.map(valueOf);
}

/** Strings one a line where that keeps them as they are; a JSON array where there are numbers or booleans. */
function whenText(values: readonly unknown[]): string {
  return values.every((value) => typeof value === "string") ? listText(values) : writeJson(values);
}

export function whenValues(text: string): unknown[] {
  return listOf(text, "STRING");
}

const kinds = new WeakMap<Condition[], string>();

/** A text that fields of one kind of event share; empty for fields of every event. */
export function kindOf({ when }: Node): string {
  if (when.length === 0) return "";
  const known = kinds.get(when);
  if (known !== undefined) return known;
  const conditions = when.map(({ pointer, text }) => [pointer, whenValues(text).map(meaningOf).sort()] as const);
  const kind = writeJson(conditions.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other))));
  kinds.set(when, kind);
  return kind;
}
