/**
 * What can be told of a tree before it is saved: the rules of fields that need no server.
 *
 * The API has the last word, on patterns above all: its faults stand at the same fields.
 */

import {
  hasChildren,
  isArray,
  isText,
  listOf,
  macrosOf,
  MAX_FIELDS,
  MAX_DEPTH,
  MAX_RULES,
  presencesOf,
  RULE_TYPES,
  scalarOf,
  valueOf,
  type DataType,
  type Node,
  type RuleName,
} from "@/pages/revisions/field";
import { countOf } from "@/pages/revisions/tree";
import { compareNumbers, meaningOf, numberText, sameJson, wholeNumber, writeJson } from "@/text/json";

export interface Fault {
  /** `key`, `presence`, `default`, `macro`, `description`, `fields`, `rules` or `rules.3`. */
  property: string;
  message: string;
}

/** By the node's id; a node without faults is not in it. */
export type Faults = ReadonlyMap<number, readonly Fault[]>;

const KEY = /^[a-z_][a-z0-9_]{0,127}$/;
const STAMPS = ["_event_id", "_received_at", "_revision_id"];
const RESERVED = ["_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier", "_change_"];
const DATETIME = /^(\d{4})-(\d\d)-(\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;
const MAX_STRING_BYTES = 32_000;
const INT64 = 2n ** 63n;

export function faultsOf(nodes: Node[]): Map<number, Fault[]> {
  const faults = new Map<number, Fault[]>();
  collect(nodes, 1, faults);
  return faults;
}

export function tooMany(nodes: Node[]): string | null {
  const count = countOf(nodes);
  return count > MAX_FIELDS ? `A revision has at most ${MAX_FIELDS} fields; this one has ${count}.` : null;
}

function collect(siblings: Node[], depth: number, faults: Map<number, Fault[]>): void {
  const uses = new Map<string, number>();
  for (const { key } of siblings) uses.set(key, (uses.get(key) ?? 0) + 1);
  for (const node of siblings) {
    const own = [...keyFaults(node, depth, (uses.get(node.key) ?? 0) > 1), ...bodyFaults(node, depth)];
    if (own.length > 0) faults.set(node.id, own);
    if (hasChildren(node.type)) collect(node.fields, depth + 1, faults);
  }
}

function keyFaults({ key }: Node, depth: number, isTwice: boolean): Fault[] {
  const at = (message: string): Fault[] => [{ property: "key", message }];
  if (key === "") return at("A field needs a key.");
  if (!KEY.test(key)) return at("Lower-case letters, digits and _, not beginning with a digit; at most 128.");
  if (depth === 1 && STAMPS.includes(key)) return at("Every event gets this column: choose another key.");
  if (RESERVED.some((prefix) => key.startsWith(prefix))) return at("BigQuery reserves names that start like this.");
  return isTwice ? at("A sibling has this key already.") : [];
}

function bodyFaults(node: Node, depth: number): Fault[] {
  const faults: Fault[] = [];
  if (node.description.length > 1_024) faults.push({ property: "description", message: "At most 1,024 characters." });
  if (!presencesOf(node.type).includes(node.presence)) {
    faults.push({ property: "presence", message: `${node.type} can’t have this presence.` });
  }
  if (hasChildren(node.type)) {
    if (depth >= MAX_DEPTH) {
      faults.push({
        property: "type",
        message: `Its children would stand on level ${depth + 1}; ${MAX_DEPTH} is the limit.`,
      });
    } else if (node.fields.length === 0) {
      faults.push({ property: "fields", message: `${node.type} needs at least one child.` });
    }
  }
  if (node.presence === "macro" && (node.macro === "" || !macrosOf(node.type).includes(node.macro))) {
    faults.push({ property: "macro", message: "Choose a macro that fits the type." });
  }
  if (node.rules.length > MAX_RULES) faults.push({ property: "rules", message: `At most ${MAX_RULES} rules.` });
  const ofRules = ruleFaults(node);
  faults.push(...ofRules);
  if (node.presence === "default" && !hasChildren(node.type)) {
    const message = defaultFault(node, ofRules.length === 0);
    if (message !== null) faults.push({ property: "default", message });
  }
  return faults;
}

function ruleFaults(node: Node): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<RuleName>();
  node.rules.forEach(({ rule, text }, index) => {
    const at = (message: string) => faults.push({ property: `rules.${index}`, message });
    if (!RULE_TYPES[rule].includes(node.type)) at(`${rule} does not go with ${node.type}.`);
    else if (seen.has(rule) && rule !== "regex") at(`${rule} can stand only once.`);
    else {
      const message = argumentFault(rule, text, scalarOf(node.type));
      if (message !== null) at(message);
    }
    seen.add(rule);
  });
  if (faults.length > 0) return faults;
  for (const [least, most] of BOUNDS) {
    const [low, high] = [numberOf(node, least), numberOf(node, most)];
    if (low === null || high === null || compareNumbers(low, high) <= 0) continue;
    const index = Math.max(indexOf(node, least), indexOf(node, most));
    faults.push({ property: `rules.${index}`, message: `No value satisfies both: ${least} lies above ${most}.` });
  }
  return faults;
}

const BOUNDS: [RuleName, RuleName][] = [
  ["min_length", "max_length"],
  ["min_value", "max_value"],
  ["min_items", "max_items"],
];

function indexOf(node: Node, name: RuleName): number {
  return node.rules.findIndex(({ rule }) => rule === name);
}

/** The number that a rule names, as it was written; null: there is none. */
function numberOf(node: Node, name: RuleName): unknown {
  const found = node.rules.find(({ rule }) => rule === name);
  const value = found === undefined ? null : valueOf(found.text);
  return numberText(value) === null ? null : value;
}

function argumentFault(rule: RuleName, text: string, scalar: DataType): string | null {
  switch (rule) {
    case "regex":
      if (text === "") return "A pattern is missing.";
      if (text.length > 1_000) return "At most 1,000 characters.";
      if (/\(\?<?[=!]/.test(text)) return "Patterns are RE2’s: they can’t look around.";
      return /(^|[^\\])(\\\\)*\\[1-9]/.test(text) ? "Patterns are RE2’s: they have no back-references." : null;
    case "one_of": {
      const values = listOf(text, scalar);
      if (values.length === 0) return "Name at least one value, one a line.";
      if (values.length > 256) return "At most 256 values.";
      if (new Set(values.map(meaningOf)).size < values.length) return "A value stands in the list twice.";
      for (const value of values) {
        const message = misfit(scalar, value);
        if (message !== null) return `${writeJson(value)}: ${message}`;
      }
      return null;
    }
    case "min_value":
    case "max_value":
      return numberText(valueOf(text)) === null ? "A number." : null;
    default: {
      const value = wholeNumber(valueOf(text));
      return value !== null && value >= 0 && value < 2 ** 31 ? null : "A whole number, not below 0.";
    }
  }
}

function defaultFault(node: Node, rulesAreSound: boolean): string | null {
  if (isText(node.type)) return misfit(node.type, node.default) ?? (rulesAreSound ? broken(node, node.default) : null);
  if (node.default.trim() === "") return "A default is missing.";
  const value = valueOf(node.default);
  if (!isArray(node.type)) return misfit(node.type, value) ?? (rulesAreSound ? broken(node, value) : null);
  if (!Array.isArray(value)) return "A JSON array, such as [] .";
  for (const element of value as unknown[]) {
    const message = misfit(scalarOf(node.type), element) ?? (rulesAreSound ? broken(node, element) : null);
    if (message !== null) return message;
  }
  return rulesAreSound ? brokenCount(node, (value as unknown[]).length) : null;
}

/** Why a value is none of a scalar type. */
function misfit(type: DataType, value: unknown): string | null {
  switch (type) {
    case "STRING":
      if (typeof value !== "string") return "Must be a string.";
      return new TextEncoder().encode(value).length > MAX_STRING_BYTES ? "Longer than 32,000 bytes." : null;
    case "INT":
    case "TIMESTAMP": {
      const whole = wholeNumber(value);
      if (whole === null) return "Must be a whole number, not quoted.";
      return whole < -INT64 || whole >= INT64 ? "Beyond 64 bits." : null;
    }
    case "FLOAT":
      if (numberText(value) === null) return "Must be a number, not quoted.";
      return Number.isFinite(Number(numberText(value))) ? null : "Beyond what a double holds.";
    case "BOOLEAN":
      return typeof value === "boolean" ? null : "Must be true or false.";
    case "DATETIME":
      return typeof value === "string" && isDateTime(value) ? null : "Must be like 2026-11-25 09:30:00 and exist.";
    default:
      return null;
  }
}

function isDateTime(text: string): boolean {
  const parts = DATETIME.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1, 4).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function broken(node: Node, value: unknown): string | null {
  for (const { rule, text } of node.rules) {
    const argument = rule === "one_of" ? listOf(text, scalarOf(node.type)) : valueOf(text);
    if (breaks(rule, argument, value)) return `It breaks the rule ${rule}.`;
  }
  return null;
}

/** Whether a value breaks a rule; patterns are left to the API. */
function breaks(rule: RuleName, argument: unknown, value: unknown): boolean {
  if (rule === "one_of") return !(argument as unknown[]).some((allowed) => sameJson(allowed, value));
  if (numberText(argument) === null) return false;
  const length = typeof value === "string" ? Array.from(value).length : 0;
  switch (rule) {
    case "min_value":
      return numberText(value) !== null && compareNumbers(value, argument) < 0;
    case "max_value":
      return numberText(value) !== null && compareNumbers(value, argument) > 0;
    case "min_length":
      return compareNumbers(length, argument) < 0;
    case "max_length":
      return compareNumbers(length, argument) > 0;
    default:
      return false;
  }
}

function brokenCount(node: Node, count: number): string | null {
  const [least, most] = [numberOf(node, "min_items"), numberOf(node, "max_items")];
  if (least !== null && compareNumbers(count, least) < 0) return "It breaks the rule min_items.";
  return most !== null && compareNumbers(count, most) > 0 ? "It breaks the rule max_items." : null;
}
