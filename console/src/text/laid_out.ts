/** Texts as people look at them: JSON in lines, anything else as it came, and never more than a page can hold. */

import { isJson, stringOf } from "@/text/json";
import { Tokens } from "@/text/json_tokens";
import { keysOf } from "@/text/pointers";

/** What is nested deeper than ingest accepts stays on one line, as it came. */
const MOST_LEVELS = 64;
const BYTE_ORDER_MARK = "\ufeff";

export interface Line {
  text: string;
  isMarked: boolean;
}

export interface LaidOut {
  lines: Line[];
  /** How many characters of the text have no room in the lines. */
  left: number;
}

export interface Bounds {
  lines: number;
  characters: number;
}

/** What one of many events on a page may show. */
export const OF_AN_EVENT: Bounds = { lines: 1_000, characters: 100_000 };
/** What a document may show that a page is about. */
export const OF_A_DOCUMENT: Bounds = { lines: 50_000, characters: 1_000_000 };

/**
 * Lay a text out in lines and mark what is at the pointers (RFC 6901), or the nearest thing above them that is there.
 * Of JSON only the white space changes: numbers, escapes and repeated keys stay as they were written.
 */
export function layOut(text: string, bounds: Bounds, pointers: readonly string[] = []): LaidOut {
  const room = new Room(bounds);
  const start = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  const body = text.slice(start);
  if (!isJson(body)) return { lines: room.lines, left: fillPlain(text, room) };
  const marks = new Marks(pointers);
  const left = fillJson(body, room, marks, text.slice(0, start));
  for (const line of marks.lines()) {
    const marked = room.lines[line];
    if (marked !== undefined) marked.isMarked = true;
  }
  return { lines: room.lines, left };
}

/** A text to copy or keep: JSON in lines where these have room, anything else as it came. */
export function toKeep(text: string): string {
  const laidOut = indented(text);
  return laidOut.left > 0 || !isJson(text) ? text : laidOut.text;
}

/** A text in lines, and how many of its characters have no room in them. */
export function indented(text: string): { text: string; left: number } {
  const { lines, left } = layOut(text, OF_A_DOCUMENT);
  return { text: lines.map((line) => line.text).join("\n"), left };
}

/** Write characters that are not seen, or that change how others are seen, as JSON escapes them. */
export function visible(text: string): string {
  return text.replace(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    let escapes = "";
    for (let unit = 0; unit < character.length; unit += 1) {
      escapes += `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`;
    }
    return escapes;
  });
}

function fillPlain(text: string, room: Room): number {
  for (let from = 0; ;) {
    const end = text.indexOf("\n", from);
    const to = end === -1 ? text.length : end;
    const taken = room.line("", text.slice(from, to));
    if (taken < to - from || end === -1) return text.length - from - taken;
    from = to + 1;
    if (room.isFull) return text.length - from;
  }
}

/** A container that is open: how many values it has so far, and the key of the one that comes. */
interface Level {
  count: number;
  key: string;
  mark: Mark | undefined;
}

function fillJson(text: string, room: Room, marks: Marks, before: string): number {
  const tokens = new Tokens(text);
  const levels: Level[] = [];
  let left = 0;

  /** Put a value, or the beginning of one, on a line of its own. */
  const put = (from: number, to: number, mark: Mark | undefined) => {
    const level = levels.at(-1);
    mark?.lines.push(room.lines.length);
    if (room.isFull) {
      left ||= text.length - from;
      return;
    }
    if (level !== undefined && level.count > 1) room.append(",");
    const key = level === undefined || level.key === "" ? visible(before) : `${level.key}: `;
    const taken = room.line("  ".repeat(levels.length) + key, text.slice(from, to));
    if (taken < to - from) left ||= text.length - from - taken;
  };

  for (;;) {
    const kind = tokens.next();
    const { from, to } = tokens;
    const level = levels.at(-1);
    switch (kind) {
      case "key":
        if (level !== undefined) level.key = text.slice(from, to);
        break;
      case "scalar":
      case "open": {
        const mark = level === undefined ? marks.root : markIn(level);
        if (level !== undefined) level.count += 1;
        if (kind === "open" && tokens.depth > MOST_LEVELS) {
          while (tokens.depth > MOST_LEVELS) tokens.next();
          put(from, tokens.to, mark);
        } else {
          put(from, to, mark);
          if (kind === "open") levels.push({ count: 0, key: "", mark });
        }
        break;
      }
      case "close": {
        const closed = levels.pop();
        if (left > 0) break;
        if (closed?.count === 0) room.append(text.slice(from, to));
        else if (room.isFull) left = text.length - from;
        else room.line("  ".repeat(levels.length), text.slice(from, to));
        break;
      }
      case "end":
        return left;
    }
  }
}

function markIn(level: Level): Mark | undefined {
  if (level.mark === undefined || level.mark.children.size === 0) return undefined;
  return level.mark.children.get(level.key === "" ? String(level.count) : stringOf(level.key));
}

/** Lines, as many as there is room for. */
class Room {
  readonly lines: Line[] = [];
  #characters = 0;

  constructor(readonly bounds: Bounds) {}

  get isFull(): boolean {
    return this.lines.length >= this.bounds.lines || this.#characters >= this.bounds.characters;
  }

  /** Add a line with what there is room for, and say how many characters of `text` these are. */
  line(before: string, text: string): number {
    const taken = Math.min(text.length, Math.max(0, this.bounds.characters - this.#characters));
    this.lines.push({ text: before, isMarked: false });
    this.#characters += before.length;
    this.append(text.slice(0, taken));
    return taken;
  }

  append(text: string): void {
    const last = this.lines.at(-1);
    if (last === undefined) return;
    const shown = visible(text);
    last.text += shown;
    this.#characters += shown.length;
  }
}

/** A place that a pointer leads to or through, and the lines that stand there: several, where a key is repeated. */
interface Mark {
  children: Map<string, Mark>;
  lines: number[];
}

class Marks {
  readonly root: Mark = { children: new Map(), lines: [] };

  constructor(readonly pointers: readonly string[]) {
    for (const pointer of pointers) {
      let mark = this.root;
      for (const part of keysOf(pointer)) {
        const next = mark.children.get(part) ?? { children: new Map(), lines: [] };
        mark.children.set(part, next);
        mark = next;
      }
    }
  }

  /** The lines of every pointer's place; where nothing stands there, of the nearest above. */
  lines(): number[] {
    return this.pointers.flatMap((pointer) => {
      let found = this.root;
      for (const part of keysOf(pointer)) {
        const next = found.children.get(part);
        if (next === undefined || next.lines.length === 0) break;
        found = next;
      }
      return found.lines;
    });
  }
}
