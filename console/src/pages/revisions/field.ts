/**
 * A field as the designer holds it: every field there, arguments as text as they are typed, and an id of its own that
 * outlives a change of key.
 */

import type { Model } from "@/api/types";
import { numberText, readJson, writeJson, Written } from "@/text/json";

export type SchemaField = Model<"SchemaField">;
export type DataType = Model<"DataType">;
export type Presence = Model<"Presence">;
export type Macro = Model<"Macro">;
export type RuleName = NonNullable<SchemaField["rules"]>[number]["rule"];

export interface RuleDraft {
  rule: RuleName;
  text: string;
}

export interface Node {
  id: number;
  key: string;
  type: DataType;
  presence: Presence;
  description: string;
  /** A STRING or DATETIME as it is; everything else as JSON. */
  default: string;
  macro: Macro | "";
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
  "OBJECT",
  "ARRAY_OBJECT",
  "ARRAY_STRING",
  "ARRAY_INT",
  "ARRAY_FLOAT",
];

export const MAX_DEPTH = 3;
export const MAX_FIELDS = 750;
export const MAX_RULES = 16;

const STRINGS: readonly DataType[] = ["STRING", "ARRAY_STRING"];
const NUMBERS: readonly DataType[] = ["INT", "FLOAT", "ARRAY_INT", "ARRAY_FLOAT"];
const ARRAYS: readonly DataType[] = ["ARRAY_OBJECT", "ARRAY_STRING", "ARRAY_INT", "ARRAY_FLOAT"];

export const RULE_TYPES: Record<RuleName, readonly DataType[]> = {
  regex: STRINGS,
  min_length: STRINGS,
  max_length: STRINGS,
  min_value: NUMBERS,
  max_value: NUMBERS,
  one_of: [...STRINGS, "INT", "ARRAY_INT"],
  min_items: ARRAYS,
  max_items: ARRAYS,
};

export function hasChildren(type: DataType): boolean {
  return type === "OBJECT" || type === "ARRAY_OBJECT";
}

export function isArray(type: DataType): boolean {
  return ARRAYS.includes(type);
}

/** The type of what a rule or a default judges: an array's elements, everything else itself. */
export function scalarOf(type: DataType): DataType {
  switch (type) {
    case "ARRAY_STRING":
      return "STRING";
    case "ARRAY_INT":
      return "INT";
    case "ARRAY_FLOAT":
      return "FLOAT";
    default:
      return type;
  }
}

const TEXTS: readonly DataType[] = ["STRING", "DATETIME"];

export function isText(type: DataType): boolean {
  return TEXTS.includes(type);
}

/** Which presences a type may have: an ARRAY_OBJECT takes no default, and macros fill scalars. */
export function presencesOf(type: DataType): Presence[] {
  if (type === "ARRAY_OBJECT") return ["required", "optional"];
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
    type: field.type,
    presence: field.presence ?? "required",
    description: field.description ?? "",
    default: field.default === undefined ? "" : textOf(field.default),
    macro: field.macro ?? "",
    rules: (field.rules ?? []).map(({ rule, value }) => ({
      rule,
      text: Array.isArray(value) ? listText(value) : textOf(value),
    })),
    fields: nodesFrom(field.fields ?? [], next),
  }));
}

/** The field as the API takes it; arguments that are no JSON go as the text they are, for the API to refuse. */
export function fieldFrom(node: Node): SchemaField {
  const scalar = scalarOf(node.type);
  const stored: Stored = { key: node.key, type: node.type, presence: node.presence };
  if (node.description !== "") stored.description = node.description;
  if (node.presence === "default" && !hasChildren(node.type)) {
    stored.default = (isText(node.type) ? node.default : asHeld(valueOf(node.default), scalar)) as NonNullable<
      SchemaField["default"]
    >;
  }
  if (node.presence === "macro" && node.macro !== "") stored.macro = node.macro;
  if (node.rules.length > 0) {
    stored.rules = node.rules.map(({ rule, text }) => ({ rule, value: argumentOf(rule, text, scalar) })) as NonNullable<
      SchemaField["rules"]
    >;
  }
  if (hasChildren(node.type)) stored.fields = node.fields.map(fieldFrom);
  return stored;
}

function argumentOf(rule: RuleName, text: string, scalar: DataType): unknown {
  if (rule === "regex") return text;
  return rule === "one_of" ? listOf(text, scalar) : asHeld(valueOf(text), scalar);
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
  return scalar === "STRING" ? lines : lines.map(valueOf);
}
