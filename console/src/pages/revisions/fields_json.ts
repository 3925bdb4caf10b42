/** The fields of a draft as the text of the API's body, in JSON or another notation, and fields from such a text. */

import {
  fieldFrom,
  hasChildren,
  MACROS,
  MAX_DEPTH,
  nodesFrom,
  PROTECTS,
  RULE_TYPES,
  TYPES,
  type SchemaField,
} from "@/pages/revisions/field";
import { pointerFault } from "@/pages/revisions/place_checks";
import { TIMESTAMP_FORMATS } from "@/pages/revisions/types";
import { meaningOf, readJson, writeJson, Written } from "@/text/json";
import { lineAt, linesOf, stepOf } from "@/text/json_lines";
import { NotJson } from "@/text/json_tokens";

export interface LineFault {
  /** Counted from 1. */
  line: number;
  message: string;
}

export interface Body {
  /** null: the text does not name it, and it stays as it is. */
  event_name: string[] | null;
  fields: SchemaField[];
}

/** How a value is written down: JSON, or what can say the same. */
export interface Notation {
  name: "JSON" | "YAML";
  write: (body: { event_name: readonly string[]; fields: readonly SchemaField[] }) => string;
  /** @throws what `faultOf` tells */
  read: (text: string) => unknown;
  /** Why a text could not be read; null: the error has another cause. */
  faultOf: (text: string, error: unknown) => LineFault | null;
  /** The lines of what is at JSON Pointers. */
  linesOf: (text: string, pointers: readonly string[]) => Map<string, number>;
}

interface PlacedFault {
  pointer: string;
  message: string;
}

const MOST_FAULTS = 50;
const MOST_EVENT_NAMES = 3;
const LINE_CHARS = 100;

/** Laid out for people: what is short stands in one line. */
export const JSON_NOTATION: Notation = {
  name: "JSON",
  write: (body) => laidOut(body, "", true),
  read: readJson,
  faultOf: (text, error) => {
    if (!(error instanceof NotJson)) return null;
    const expected = error.message.replace(/ at character \d+$/, "");
    return { line: lineAt(text, error.at), message: `This is not JSON: ${expected}.` };
  },
  linesOf,
};

/** The API's body of a revision's fields. */
export function fieldsText(
  event_name: readonly string[],
  fields: readonly SchemaField[],
  notation: Notation = JSON_NOTATION,
): string {
  return notation.write({ event_name, fields });
}

function laidOut(value: unknown, indent: string, isBroken = false): string {
  if (typeof value !== "object" || value === null || value instanceof Written) return writeJson(value);
  const isArray = Array.isArray(value);
  const entries = (Object.entries(value) as [string, unknown][]).filter(([, part]) => isArray || part !== undefined);
  const inner = `${indent}  `;
  const parts = entries.map(([key, part]) => {
    // Each field begins a line.
    const isFields = !isArray && key === "fields";
    return `${isArray ? "" : `${JSON.stringify(key)}: `}${laidOut(part, inner, isFields)}`;
  });
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return open + close;
  const short = `${open}${parts.join(", ")}${close}`;
  const isShort = !isBroken && indent.length + short.length <= LINE_CHARS && !short.includes("\n");
  return isShort ? short : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

/** Read what was typed; what is wrong with it, by line. */
export function bodyFrom(
  text: string,
  notation: Notation = JSON_NOTATION,
): { body: Body; faults: null } | { body: null; faults: LineFault[] } {
  let value: unknown;
  try {
    value = notation.read(text);
  } catch (error) {
    const fault = notation.faultOf(text, error);
    if (fault === null) throw error;
    return { body: null, faults: [fault] };
  }
  const faults: PlacedFault[] = [];
  for (const fault of faultsOfBody(value)) {
    faults.push(fault);
    if (faults.length === MOST_FAULTS) break;
  }
  if (faults.length > 0) return { body: null, faults: onLines(text, faults, notation) };
  const { event_name, fields } = value as { event_name?: string[]; fields: SchemaField[] };
  return { body: { event_name: event_name ?? null, fields }, faults: null };
}

/** Faults at pointers, in the order of their lines. */
export function onLines(text: string, faults: readonly PlacedFault[], notation: Notation = JSON_NOTATION): LineFault[] {
  const pointers = faults.map(({ pointer }) => pointer);
  const lines = notation.linesOf(text, pointers);
  return faults
    .map(({ pointer, message }) => ({ line: lines.get(pointer) ?? 1, message }))
    .toSorted((one, other) => one.line - other.line);
}

type Faults = Generator<PlacedFault, void>;

const BODY_KEYS = ["event_name", "fields"];

function* faultsOfBody(value: unknown): Faults {
  if (!isObject(value)) {
    yield { pointer: "", message: "Write an object with “event_name” and “fields”." };
    return;
  }
  yield* unknownKeys(value, "", BODY_KEYS);
  if (value.event_name !== undefined) yield* eventNameFaults(value.event_name);
  if (value.fields === undefined) yield { pointer: "", message: "“fields” is missing." };
  else yield* fieldsFaults(value.fields, "/fields", 1);
}

function* eventNameFaults(value: unknown): Faults {
  const pointer = "/event_name";
  if (!isArray(value) || value.length > MOST_EVENT_NAMES) {
    yield { pointer, message: `“event_name” is an array of at most ${MOST_EVENT_NAMES} pointers.` };
    return;
  }
  for (const [index, one] of value.entries()) {
    const message = typeof one === "string" ? pointerFault(one) : "A pointer is a string.";
    if (message !== null) yield { pointer: `${pointer}/${index}`, message };
  }
}

function* fieldsFaults(value: unknown, pointer: string, depth: number): Faults {
  if (!isArray(value)) yield { pointer, message: "“fields” is an array." };
  else if (depth > MAX_DEPTH) yield { pointer, message: `Fields have at most ${MAX_DEPTH} levels.` };
  else for (const [index, field] of value.entries()) yield* fieldFaults(field, `${pointer}/${index}`, depth);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Written);
}

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** A string, number or boolean, or an array of them. */
function isValues(value: unknown): boolean {
  const isScalar = (one: unknown) => one !== null && (typeof one !== "object" || one instanceof Written);
  return isArray(value) ? value.every(isScalar) : isScalar(value);
}

const among = (names: readonly string[]) => ({
  fits: (value: unknown) => typeof value === "string" && names.includes(value),
  message: `must be one of ${names.join(", ")}.`,
});
const TEXT = { fits: isText, message: "must be a string." };
const ANY = { fits: () => true, message: "" };
const VALUES = { fits: isValues, message: "must be a value, or an array of values." };

/** What each property of a field may be, as far as the designer needs it; the rest is for its own checks and the API. */
const PROPERTIES: Record<keyof SchemaField, { fits: (value: unknown) => boolean; message: string }> = {
  key: TEXT,
  from: TEXT,
  type: among(TYPES),
  format: among(Object.keys(TIMESTAMP_FORMATS)),
  presence: among(["required", "optional", "default", "macro"]),
  description: TEXT,
  default: VALUES,
  macro: among(MACROS),
  protect: among(PROTECTS),
  when: {
    fits: (value) => isObject(value) && Object.values(value).every((list) => isArray(list) && isValues(list)),
    message: "must be an object from pointer to a list of values.",
  },
  rules: { fits: isArray, message: "must be an array." },
  fields: ANY,
};
const FIELD_KEYS = Object.keys(PROPERTIES) as (keyof SchemaField)[];
const RULE_KEYS = ["rule", "value"];
const RULE = among(Object.keys(RULE_TYPES));

function* fieldFaults(value: unknown, pointer: string, depth: number): Faults {
  if (!isObject(value)) {
    yield { pointer, message: "A field is an object." };
    return;
  }
  yield* unknownKeys(value, pointer, FIELD_KEYS);
  let isSound = true;
  for (const key of FIELD_KEYS) {
    const isMissing = value[key] === undefined;
    if (isMissing && key !== "key" && key !== "type") continue;
    if (!isMissing && PROPERTIES[key].fits(value[key])) continue;
    isSound = false;
    yield isMissing
      ? { pointer, message: `“${key}” is missing.` }
      : { pointer: `${pointer}/${key}`, message: `“${key}” ${PROPERTIES[key].message}` };
  }
  if (isArray(value.rules)) {
    for (const [index, rule] of value.rules.entries()) {
      const at = `${pointer}/rules/${index}`;
      const message = ruleFault(rule);
      if (message === null) yield* unknownKeys(rule as Record<string, unknown>, at, RULE_KEYS);
      else {
        isSound = false;
        yield { pointer: at, message };
      }
    }
  }
  const { fields, ...own } = value;
  if (isSound) yield* lostFaults(own as unknown as SchemaField, pointer);
  if (fields === undefined) return;
  if (isSound && !hasChildren(own.type as SchemaField["type"])) {
    yield { pointer: `${pointer}/fields`, message: "Only OBJECT and ARRAY_OBJECT have “fields”." };
  }
  yield* fieldsFaults(fields, `${pointer}/fields`, depth + 1);
}

function ruleFault(rule: unknown): string | null {
  if (!isObject(rule) || !RULE.fits(rule.rule)) return `“rule” ${RULE.message}`;
  if (rule.value === undefined) return "“value” is missing.";
  return isValues(rule.value) ? null : `“value” ${VALUES.message}`;
}

function* unknownKeys(value: Record<string, unknown>, pointer: string, known: readonly string[]): Faults {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      yield { pointer: `${pointer}/${stepOf(key)}`, message: `“${key}” is not known here.` };
    }
  }
}

/** What the designer would not keep as it is written, such as a default of a field whose presence is another. */
function* lostFaults(field: SchemaField, pointer: string): Faults {
  const [kept] = nodesFrom([field], { id: 1 }).map(fieldFrom);
  if (kept === undefined) return;
  for (const key of FIELD_KEYS) {
    const given = field[key];
    if (given === undefined || (key !== "default" && isNothing(given)) || meaningOf(given) === meaningOf(kept[key]))
      continue;
    const message =
      kept[key] === undefined && (key === "default" || key === "macro")
        ? `“${key}” needs “presence” “${key}”.`
        : `“${key}” does not fit the type.`;
    yield { pointer: `${pointer}/${key}`, message };
  }
}

function isNothing(value: unknown): boolean {
  return (
    value === "" ||
    (typeof value === "object" && value !== null && !(value instanceof Written) && Object.keys(value).length === 0)
  );
}
