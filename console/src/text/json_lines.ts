/** In which line of a JSON text something stands. */

import { stringOf } from "@/text/json";
import { Tokens } from "@/text/json_tokens";

/** The line, counted from 1, of a character. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < at; end = text.indexOf("\n", end + 1)) line += 1;
  return line;
}

interface Level {
  pointer: string;
  /** Of an array the index of its next element; of an object the key that was read last. */
  next: number | string;
}

/**
 * The lines, counted from 1, of what is at JSON Pointers; of what is not there, the line of the nearest thing above it.
 *
 * @throws NotJson
 */
export function linesOf(text: string, pointers: readonly string[]): Map<string, number> {
  const wanted = new Set(pointers.flatMap((pointer) => [pointer, ...above(pointer)]));
  const found = new Map<string, number>();
  const tokens = new Tokens(text);
  const levels: Level[] = [];
  let line = 1;
  let counted = 0;
  const take = (from: number): string => {
    const level = levels.at(-1);
    const pointer = level === undefined ? "" : `${level.pointer}/${stepOf(level.next)}`;
    if (level !== undefined && typeof level.next === "number") level.next += 1;
    if (wanted.has(pointer)) {
      for (let end = text.indexOf("\n", counted); end !== -1 && end < from; end = text.indexOf("\n", counted)) {
        line += 1;
        counted = end + 1;
      }
      found.set(pointer, line);
    }
    return pointer;
  };
  for (;;) {
    const kind = tokens.next();
    const level = levels.at(-1);
    if (kind === "end") break;
    if (kind === "close") levels.pop();
    else if (kind === "key" && level !== undefined) level.next = stringOf(text.slice(tokens.from, tokens.to));
    else if (kind === "open") levels.push({ pointer: take(tokens.from), next: tokens.isInObject ? "" : 0 });
    else take(tokens.from);
  }
  return new Map(
    pointers.map((pointer) => {
      const nearest = [pointer, ...above(pointer)].find((one) => found.has(one));
      return [pointer, nearest === undefined ? 1 : (found.get(nearest) ?? 1)];
    }),
  );
}

/** A key or an index as a pointer writes it. */
export function stepOf(key: number | string): string {
  return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The pointers to what holds a place, the nearest first. */
function above(pointer: string): string[] {
  const all: string[] = [];
  for (let end = pointer.lastIndexOf("/"); end !== -1; end = pointer.lastIndexOf("/", end - 1)) {
    all.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return all;
}
