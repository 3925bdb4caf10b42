/** The field that reads what stands at a place of events. */

import type { Node } from "@/pages/revisions/field";
import { startsWith } from "@/pages/revisions/unknown_field";
import { keysOf, pathOf } from "@/text/pointers";

/**
 * Find the field that reads a pointer, or the nearest one above it that is there; null for the event itself and for what
 * no field leads to. A step into an array of objects is a number or `*`.
 */
export function nodeAt(nodes: readonly Node[], pointer: string): Node | null {
  return nearest(nodes, keysOf(pointer))?.node ?? null;
}

interface Near {
  node: Node;
  /** Steps of the pointer that lie beyond the field. */
  left: number;
}

function nearest(nodes: readonly Node[], steps: readonly string[]): Near | null {
  let found: Near | null = null;
  for (const node of nodes) {
    const path = pathOf(node);
    if (!startsWith(steps, path)) continue;
    const rest = steps.slice(path.length);
    const within = nearest(node.fields, node.type === "ARRAY_OBJECT" ? rest.slice(1) : rest);
    const near = within ?? { node, left: rest.length };
    if (found === null || near.left < found.left) found = near;
  }
  return found;
}
