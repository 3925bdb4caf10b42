/** What is wrong with the rules of a field: those that do not fit, repeat, contradict or lack their argument. */

import {
  FORMATS,
  kindsOf,
  listOf,
  MAX_ONE_OF_VALUES,
  RULE_TYPES,
  scalarOf,
  valueOf,
  type DataType,
  type Node,
  type RuleName,
} from "@/pages/revisions/field";
import { hasRepeated, misfit, numberOf } from "@/pages/revisions/value_checks";
import { compareNumbers, numberText, wholeNumber, writeJson } from "@/text/json";

const BOUNDS: [RuleName, RuleName][] = [
  ["min_length", "max_length"],
  ["min_value", "max_value"],
  ["min_items", "max_items"],
  ["min_properties", "max_properties"],
];

/** Faults by the index of their rule. */
export function ruleFaults(node: Node): [number, string][] {
  const faults: [number, string][] = [];
  const seen = new Set<RuleName>();
  node.rules.forEach(({ rule, text }, index) => {
    if (!RULE_TYPES[rule].includes(node.type)) faults.push([index, `${rule} does not go with ${node.type}.`]);
    else if (seen.has(rule) && rule !== "regex") faults.push([index, `${rule} can stand only once.`]);
    else {
      const message = argumentFault(rule, text, scalarOf(node.type));
      if (message !== null) faults.push([index, message]);
    }
    seen.add(rule);
  });
  return faults.length > 0 ? faults : contradictions(node);
}

function contradictions(node: Node): [number, string][] {
  return BOUNDS.flatMap(([least, most]): [number, string][] => {
    const [low, high] = [numberOf(node, least), numberOf(node, most)];
    if (low === null || high === null || compareNumbers(low, high) <= 0) return [];
    const index = Math.max(indexOf(node, least), indexOf(node, most));
    return [[index, `No value satisfies both: ${least} lies above ${most}.`]];
  });
}

function indexOf(node: Node, name: RuleName): number {
  return node.rules.findIndex(({ rule }) => rule === name);
}

function argumentFault(rule: RuleName, text: string, scalar: DataType): string | null {
  switch (rule) {
    case "regex":
      if (text === "") return "A pattern is missing.";
      if (text.length > 1_000) return "At most 1,000 characters.";
      if (/\(\?<?[=!]/.test(text)) return "Patterns are RE2’s: they can’t look around.";
      return /(^|[^\\])(\\\\)*\\[1-9]/.test(text) ? "Patterns are RE2’s: they have no back-references." : null;
    case "format":
      return (FORMATS as readonly string[]).includes(text) ? null : "Choose a format.";
    case "kinds":
    case "value_kinds":
    case "element_kinds": {
      const known: readonly unknown[] = kindsOf(rule) ?? [];
      const kinds = listOf(text, "STRING");
      if (kinds.length === 0) return "Choose at least one kind.";
      return kinds.every((kind) => known.includes(kind)) ? null : `Only ${known.join(", ")}.`;
    }
    case "unique_items":
      return text.trim() === "true" ? null : "Its argument is true.";
    case "one_of":
      return listFault(listOf(text, scalar), scalar);
    case "min_value":
    case "max_value":
      return numberText(valueOf(text)) === null ? "A number." : null;
    case "multiple_of": {
      const value = wholeNumber(valueOf(text));
      return value !== null && value > 0 && value < 2n ** 63n ? null : "A whole number above 0.";
    }
    default: {
      const value = wholeNumber(valueOf(text));
      return value !== null && value >= 0 && value < 2 ** 31 ? null : "A whole number, not below 0.";
    }
  }
}

function listFault(values: unknown[], scalar: DataType): string | null {
  if (values.length === 0) return "Name at least one value, one per line.";
  if (values.length > MAX_ONE_OF_VALUES) return "At most 1,000 values.";
  if (hasRepeated(values)) return "A value stands in the list twice.";
  for (const value of values) {
    const message = misfit(scalar, value);
    if (message !== null) return `${writeJson(value)}: ${message}`;
  }
  return null;
}
