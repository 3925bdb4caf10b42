/** Whether a value is one of a field's type, and satisfies its rules. */

import { isText, listOf, scalarOf, valueOf, type DataType, type Node, type RuleName } from "@/pages/revisions/field";
import { compareNumbers, meaningOf, numberText, sameJson, wholeNumber } from "@/text/json";

const DATETIME = /^(\d{4})-(\d\d)-(\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const INT64 = 2n ** 63n;
/** Years 0001 to 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const PER_SECOND = { "": 1n, unix_seconds: 1n, unix_milliseconds: 1_000n, unix_microseconds: 1_000_000n };

/** Why a value is none of a scalar type; null: it is one. */
export function misfit(type: DataType, value: unknown, format: Node["format"] = ""): string | null {
  switch (type) {
    case "STRING":
      return typeof value === "string" ? null : "Must be a string.";
    case "INT": {
      const whole = wholeNumber(value);
      if (whole === null) return "Must be a whole number, not quoted.";
      return whole < -INT64 || whole >= INT64 ? "Beyond 64 bits." : null;
    }
    case "TIMESTAMP":
      return momentMisfit(value, format);
    case "FLOAT":
      if (numberText(value) === null) return "Must be a number, not quoted.";
      return Number.isFinite(Number(numberText(value))) ? null : "Beyond what a double holds.";
    case "BOOLEAN":
      return typeof value === "boolean" ? null : "Must be true or false.";
    case "DATETIME":
      return isLike(DATETIME, value) ? null : "Must be like 2026-11-25 09:30:00 and exist.";
    case "DATE":
      return isLike(DATE, value) ? null : "Must be like 2026-11-25 and exist.";
    default:
      return null;
  }
}

function momentMisfit(value: unknown, format: Node["format"]): string | null {
  if (format === "rfc3339") {
    return isLike(RFC3339, value) ? null : "Must be like 2026-11-25T09:30:00Z and exist.";
  }
  const whole = wholeNumber(value);
  if (whole === null) return "Must be a whole number, not quoted.";
  const each = PER_SECOND[format];
  return whole < FIRST_SECOND * each || whole >= (LAST_SECOND + 1n) * each ? "Beyond the years 0001 to 9999." : null;
}

function isLike(pattern: RegExp, value: unknown): boolean {
  const parts = typeof value === "string" ? pattern.exec(value) : null;
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1, 4).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** What is wrong with the default of a field; `rulesAreSound`: it can be held against the rules. */
export function defaultFault(node: Node, rulesAreSound: boolean): string | null {
  if (!isText(node) && node.default.trim() === "") return "A default is missing.";
  const value = isText(node) ? node.default : valueOf(node.default);
  if (!node.type.startsWith("ARRAY_")) return elementFault(node, value, rulesAreSound);
  if (!Array.isArray(value)) return "A JSON array, such as [] .";
  for (const element of value as unknown[]) {
    const message = elementFault(node, element, rulesAreSound);
    if (message !== null) return message;
  }
  return rulesAreSound ? brokenByArray(node, value as unknown[]) : null;
}

function elementFault(node: Node, value: unknown, rulesAreSound: boolean): string | null {
  return misfit(scalarOf(node.type), value, node.format) ?? (rulesAreSound ? broken(node, value) : null);
}

function broken(node: Node, value: unknown): string | null {
  for (const { rule, text } of node.rules) {
    const argument = rule === "one_of" ? listOf(text, scalarOf(node.type)) : valueOf(text);
    if (breaks(rule, argument, value)) return `It breaks the rule ${rule}.`;
  }
  return null;
}

/** Whether a value breaks a rule; patterns and formats are left to the API. */
function breaks(rule: RuleName, argument: unknown, value: unknown): boolean {
  if (rule === "one_of") return !(argument as unknown[]).some((allowed) => isSame(allowed, value));
  if (numberText(argument) === null) return false;
  switch (rule) {
    case "min_value":
      return numberText(value) !== null && compareNumbers(value, argument) < 0;
    case "max_value":
      return numberText(value) !== null && compareNumbers(value, argument) > 0;
    case "multiple_of": {
      const [whole, step] = [wholeNumber(value), wholeNumber(argument)];
      return whole !== null && step !== null && step > 0n && whole % step !== 0n;
    }
    case "min_length":
      return typeof value === "string" && compareNumbers(Array.from(value).length, argument) < 0;
    case "max_length":
      return typeof value === "string" && compareNumbers(Array.from(value).length, argument) > 0;
    case "max_bytes":
      return typeof value === "string" && compareNumbers(new TextEncoder().encode(value).length, argument) > 0;
    default:
      return false;
  }
}

/** Numbers compare by value, however they are written. */
function isSame(one: unknown, other: unknown): boolean {
  if (numberText(one) !== null && numberText(other) !== null) return compareNumbers(one, other) === 0;
  return sameJson(one, other);
}

function brokenByArray(node: Node, elements: unknown[]): string | null {
  const [least, most] = [numberOf(node, "min_items"), numberOf(node, "max_items")];
  if (least !== null && compareNumbers(elements.length, least) < 0) return "It breaks the rule min_items.";
  if (most !== null && compareNumbers(elements.length, most) > 0) return "It breaks the rule max_items.";
  const isUnique = node.rules.some(({ rule }) => rule === "unique_items");
  return isUnique && hasRepeated(elements) ? "It breaks the rule unique_items." : null;
}

export function hasRepeated(values: readonly unknown[]): boolean {
  return new Set(values.map((value) => meaningOf(asNumber(value)))).size < values.length;
}

function asNumber(value: unknown): unknown {
  const text = numberText(value);
  return text !== null && wholeNumber(value) === null ? Number(text) : value;
}

/** The number that a rule names, as it was written; null: there is none. */
export function numberOf(node: Node, name: RuleName): unknown {
  const found = node.rules.find(({ rule }) => rule === name);
  const value = found === undefined ? null : valueOf(found.text);
  return numberText(value) === null ? null : value;
}
