/**
 * What can be told of a tree before it is saved: the rules of fields that need no server.
 *
 * The API has the last word, on patterns above all: its faults stand at the same fields.
 */

import {
  hasChildren,
  macrosOf,
  MAX_FIELDS,
  MAX_DEPTH,
  MAX_RULES,
  presencesOf,
  type Node,
} from "@/pages/revisions/field";
import { keyFault, placeFault, whenBounds, whenFaults } from "@/pages/revisions/place_checks";
import { ruleFaults } from "@/pages/revisions/rule_checks";
import { countOf } from "@/pages/revisions/tree";
import { defaultFault } from "@/pages/revisions/value_checks";

export interface Fault {
  /** `key`, `from`, `presence`, `default`, `macro`, `description`, `fields`, `rules`, `rules.3`, `when` or `when.0`. */
  property: string;
  message: string;
}

/** By the node's id; a node without faults is not in it. */
export type Faults = ReadonlyMap<number, readonly Fault[]>;

export function faultsOf(nodes: Node[]): Map<number, Fault[]> {
  const faults = new Map<number, Fault[]>();
  collect(nodes, 1, faults);
  return faults;
}

/** What is wrong with a tree as a whole. */
export function boundsFault(nodes: Node[]): string | null {
  const count = countOf(nodes);
  if (count > MAX_FIELDS) {
    return `A revision has at most ${MAX_FIELDS.toLocaleString("en")} fields; this one has ${count.toLocaleString("en")}.`;
  }
  return whenBounds(nodes);
}

function collect(siblings: Node[], depth: number, faults: Map<number, Fault[]>): void {
  const uses = new Map<string, number>();
  for (const { key } of siblings) uses.set(key, (uses.get(key) ?? 0) + 1);
  for (const node of siblings) {
    const key = keyFault(node.key, depth, (uses.get(node.key) ?? 0) > 1);
    const body = bodyFaults(node, depth);
    const own = key === null ? body : [{ property: "key", message: key }, ...body];
    if (own.length > 0) faults.set(node.id, own);
    if (hasChildren(node.type)) collect(node.fields, depth + 1, faults);
  }
}

const found = new WeakMap<Node, { depth: number; faults: readonly Fault[] }>();

/** Nodes are never changed: of a large tree, only what was edited is looked at again. */
function bodyFaults(node: Node, depth: number): Fault[] {
  const known = found.get(node);
  const faults = known?.depth === depth ? known.faults : [...faultsOfBody(node, depth)];
  found.set(node, { depth, faults });
  return [...faults];
}

function* faultsOfBody(node: Node, depth: number): Generator<Fault> {
  const from = node.from === "" ? null : placeFault(node.from);
  if (from !== null) yield { property: "from", message: from };
  if (node.description.length > 1_024) yield { property: "description", message: "At most 1,024 characters." };
  if (!presencesOf(node.type).includes(node.presence)) {
    yield { property: "presence", message: `${node.type} can’t have this presence.` };
  }
  if (hasChildren(node.type)) {
    if (depth >= MAX_DEPTH) {
      const message = `Its children would stand on level ${depth + 1}; ${MAX_DEPTH} is the limit.`;
      yield { property: "type", message };
    } else if (node.fields.length === 0) {
      yield { property: "fields", message: `${node.type} needs at least one child.` };
    }
  }
  if (node.presence === "macro" && (node.macro === "" || !macrosOf(node.type).includes(node.macro))) {
    yield { property: "macro", message: "Choose a macro that fits the type." };
  }
  for (const [index, message] of whenFaults(node, depth)) {
    yield { property: index < 0 ? "when" : `when.${index}`, message };
  }
  if (node.rules.length > MAX_RULES) yield { property: "rules", message: `At most ${MAX_RULES} rules.` };
  const ofRules = ruleFaults(node);
  for (const [index, message] of ofRules) yield { property: `rules.${index}`, message };
  if (node.presence === "default" && !hasChildren(node.type)) {
    const message = defaultFault(node, ofRules.length === 0);
    if (message !== null) yield { property: "default", message };
  }
}
