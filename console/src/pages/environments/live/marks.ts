/** A document in lines, each with what was done to the value that begins on it. */

import { layOut, OF_AN_EVENT } from "@/text/laid_out";
import { keysOf } from "@/text/pointers";

export type Mark = "fault" | "dropped" | "defaulted" | "filled" | "protected";

export interface MarkedLine {
  text: string;
  mark: Mark | null;
}

export type Places = Partial<Record<Mark, readonly string[]>>;

/** Of two marks on one line the first of `places` counts. `left` are the characters that have no room. */
export function markedLines(text: string, places: Places): { lines: MarkedLine[]; left: number } {
  const { lines, left } = layOut(text, OF_AN_EVENT);
  const marked: MarkedLine[] = lines.map((line) => ({ text: line.text, mark: null }));
  for (const [mark, pointers] of Object.entries(places) as [Mark, readonly string[]][]) {
    if (pointers.length === 0) continue;
    layOut(text, OF_AN_EVENT, pointers).lines.forEach(({ isMarked }, index) => {
      const line = marked[index];
      if (isMarked && line !== undefined) line.mark ??= mark;
    });
  }
  return { lines: marked, left };
}

/** Say whether something stands at a place of a document. */
export function isThere(document: unknown, pointer: string): boolean {
  let at = document;
  for (const key of keysOf(pointer)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
