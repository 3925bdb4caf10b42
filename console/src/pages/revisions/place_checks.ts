/** What is wrong with the names of a field: its key, where its value stands, and in which events. */

import {
  MAX_FROM_CHARS,
  MAX_POINTER_KEYS,
  MAX_WHEN_FIELDS,
  MAX_WHEN_POINTERS,
  MAX_WHEN_VALUES,
  whenValues,
  type Node,
} from "@/pages/revisions/field";
import { hasRepeated } from "@/pages/revisions/value_checks";
import { wholeNumber } from "@/text/json";

const KEY = /^[a-z_][a-z0-9_]{0,127}$/;
const STAMPS = ["_event_id", "_received_at", "_revision_id", "_extra"];
const RESERVED = ["_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier", "_change_"];
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function keyFault(key: string, depth: number, isTwice: boolean): string | null {
  if (key === "") return "A field needs a key.";
  if (!KEY.test(key)) {
    return "Lower-case letters, digits and _, not beginning with a digit; at most 128. A key that is sent in another form goes under “Sent as”.";
  }
  if (depth === 1 && STAMPS.includes(key)) return "Every event gets this column: choose another key.";
  if (RESERVED.some((prefix) => key.startsWith(prefix))) return "BigQuery reserves names that start like this.";
  return isTwice ? "A sibling has this key already." : null;
}

/** What is wrong with a place: a key of the same object, or a pointer from it. */
export function placeFault(place: string): string | null {
  return place.startsWith("/") ? pointerFault(place) : textFault(place);
}

export function pointerFault(pointer: string): string | null {
  if (!pointer.startsWith("/")) return "A pointer starts with /, such as /type.";
  if (/~(?![01])/.test(pointer)) return "In a pointer, ~ is written ~0 and / within a key ~1.";
  const keys = pointer.split("/").slice(1);
  if (keys.length > MAX_POINTER_KEYS) return `A pointer has at most ${MAX_POINTER_KEYS} keys.`;
  return keys.map((key) => textFault(key)).find((message) => message !== null) ?? null;
}

function textFault(key: string): string | null {
  if (Array.from(key).length > MAX_FROM_CHARS) return `A key has at most ${MAX_FROM_CHARS} characters here.`;
  if (CONTROL.test(key)) return "A key has no control characters here.";
  return !/\p{Surrogate}/u.test(key) ? null : "Half of a surrogate pair is no text.";
}

/** What is wrong with the conditions of a field, by their index; -1: with all of them. */
export function whenFaults(node: Node, depth: number): [number, string][] {
  if (node.when.length === 0) return [];
  if (depth > 1) return [[-1, "Only fields of the first level can be limited to some events."]];
  const seen = new Set<string>();
  return node.when.flatMap(({ pointer, text }, index): [number, string][] => {
    const message = seen.has(pointer) ? "This pointer stands above already." : conditionFault(pointer, text);
    seen.add(pointer);
    return message === null ? [] : [[index, message]];
  });
}

function conditionFault(pointer: string, text: string): string | null {
  const ofPointer = pointerFault(pointer);
  if (ofPointer !== null) return ofPointer;
  const values = whenValues(text);
  if (values.length === 0) return "Name at least one value, one per line.";
  if (values.length > MAX_WHEN_VALUES) return `At most ${MAX_WHEN_VALUES} values.`;
  if (values.some((value) => !["string", "boolean"].includes(typeof value) && wholeNumber(value) === null)) {
    return "Values are strings, whole numbers, true and false.";
  }
  return hasRepeated(values) ? "A value stands in the list twice." : null;
}

/** What all `when` of a revision together break. */
export function whenBounds(nodes: readonly Node[]): string | null {
  const having = nodes.filter(({ when }) => when.length > 0);
  if (having.length > MAX_WHEN_FIELDS) return `At most ${MAX_WHEN_FIELDS} fields can be limited to some events.`;
  const pointers = new Set(having.flatMap(({ when }) => when.map(({ pointer }) => pointer)));
  return pointers.size > MAX_WHEN_POINTERS
    ? `All conditions of a revision together name at most ${MAX_WHEN_POINTERS} pointers; these name ${pointers.size}.`
    : null;
}
