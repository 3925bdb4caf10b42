/** A field for a key that arrived and that no field reads. */

import { hasChildren, type DataType, type Node } from "@/pages/revisions/field";
import { keyFault, pointerFault } from "@/pages/revisions/place_checks";
import { keysOf, pathOf } from "@/text/pointers";

const MAX_KEY_CHARS = 128;

const TYPES: Partial<Record<string, DataType>> = {
  string: "STRING",
  integer: "INT",
  number: "FLOAT",
  boolean: "BOOLEAN",
};

/** Whether a field can read what is at the pointer: it has no index of an array, and is no deeper than `from` goes. */
export function canBeField(pointer: string): boolean {
  return !keysOf(pointer).includes("*") && pointerFault(pointer) === null;
}

/** The narrowest type that has all kinds that were seen; null is a missing value in all of them. */
export function typeOf(kinds: readonly string[]): DataType {
  const met = new Set(kinds.filter((kind) => kind !== "null"));
  // Each integer is a number.
  if (met.has("number")) met.delete("integer");
  const [only] = met;
  return (met.size === 1 && only !== undefined ? TYPES[only] : undefined) ?? "JSON";
}

/** A key in lower-case letters and digits, its words parted by `_`, as the API spells keys that no field can have. */
export function spelled(name: string): string {
  const words = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  if (words === "") return "key";
  return (/^\d/.test(words) ? `_${words}` : words).slice(0, MAX_KEY_CHARS);
}

export interface Added {
  /** Below which node the field goes; null: at the root. */
  parentId: number | null;
  field: Pick<Node, "key" | "from" | "type" | "presence">;
}

/**
 * The field that reads a pointer, or the id of the node that reads it already. It goes below the object that reads what
 * holds the value, where there is one for every event.
 */
export function addedFor(nodes: readonly Node[], pointer: string, kinds: readonly string[]): Added | { id: number } {
  let siblings = nodes;
  let parentId: number | null = null;
  let steps = keysOf(pointer);
  let depth = 1;
  for (;;) {
    const left: readonly string[] = steps;
    const there = siblings.find((node) => node.when.length === 0 && startsWith(left, pathOf(node)));
    if (there === undefined) break;
    const rest = steps.slice(pathOf(there).length);
    if (rest.length === 0) return { id: there.id };
    if (there.type !== "OBJECT" || !hasChildren(there.type)) break;
    siblings = there.fields;
    parentId = there.id;
    steps = rest;
    depth += 1;
  }
  const [first = "", ...further] = steps;
  const key = freeKey(steps.at(-1) ?? "", siblings, depth);
  const isPlain = further.length === 0 && !first.startsWith("/") && first !== "";
  const from = isPlain ? (first === key ? "" : first) : pointerTo(steps);
  return { parentId, field: { key, from, type: typeOf(kinds), presence: "optional" } };
}

/** The name itself where a field can have it; spelled and numbered otherwise. */
export function freeKey(name: string, siblings: readonly Pick<Node, "key">[], depth: number): string {
  const isFree = (key: string) =>
    keyFault(
      key,
      depth,
      siblings.some((node) => node.key === key),
    ) === null;
  if (isFree(name)) return name;
  const plain = spelled(name);
  let key = plain;
  for (let number = 2; !isFree(key); number++) {
    const ending = `_${number}`;
    key = plain.slice(0, MAX_KEY_CHARS - ending.length) + ending;
  }
  return key;
}

function pointerTo(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Whether the way to a value leads through another. */
export function startsWith(steps: readonly string[], beginning: readonly string[]): boolean {
  return beginning.length <= steps.length && beginning.every((step, index) => step === steps[index]);
}
