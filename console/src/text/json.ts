/**
 * JSON as it was written.
 *
 * `JSON.parse` rounds whole numbers beyond 2^53 and forgets how a number was written, such as `1.10`. Data of people is
 * therefore read and written by these.
 */

import { Tokens } from "@/text/json_tokens";

/** A JSON text that stands for itself: a number that a browser would change, or a whole event. */
export class Written {
  constructor(readonly text: string) {}
}

export function isJson(text: string): boolean {
  const tokens = new Tokens(text);
  try {
    while (tokens.next() !== "end");
    return true;
  } catch {
    return false;
  }
}

/**
 * Read a JSON text as `JSON.parse` does. Numbers that a browser would not write as they stand there become `Written`.
 *
 * @throws NotJson
 */
export function readJson(text: string): unknown {
  const tokens = new Tokens(text);
  const above: (unknown[] | Record<string, unknown>)[] = [];
  let root: unknown;
  let key = "";
  const put = (value: unknown) => {
    const parent = above.at(-1);
    if (parent === undefined) root = value;
    else if (Array.isArray(parent)) parent.push(value);
    // By assignment, `__proto__` would be no key.
    else Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
  };
  for (;;) {
    switch (tokens.next()) {
      case "open": {
        const container = tokens.isInObject ? {} : [];
        put(container);
        above.push(container);
        break;
      }
      case "close":
        above.pop();
        break;
      case "key":
        key = stringOf(text.slice(tokens.from, tokens.to));
        break;
      case "scalar":
        put(scalarOf(text.slice(tokens.from, tokens.to)));
        break;
      case "end":
        return root;
    }
  }
}

/** What a string of a JSON text stands for. */
export function stringOf(literal: string): string {
  return JSON.parse(literal) as string;
}

function scalarOf(literal: string): unknown {
  const value: unknown = JSON.parse(literal);
  return typeof value === "number" && JSON.stringify(value) !== literal ? new Written(literal) : value;
}

type Piece = { text: string } | { value: unknown };

/** Write a value as `JSON.stringify` does, and what is `Written` as it was. */
export function writeJson(value: unknown): string {
  const parts: string[] = [];
  const todo: Piece[] = [{ value }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if ("text" in next) parts.push(next.text);
    else if (next.value instanceof Written) parts.push(next.value.text);
    // Of an array, an element that is undefined.
    else if (next.value === undefined) parts.push("null");
    else if (typeof next.value !== "object" || next.value === null) parts.push(JSON.stringify(next.value));
    else for (const piece of piecesOf(next.value).reverse()) todo.push(piece);
  }
  return parts.join("");
}

function piecesOf(container: object): Piece[] {
  const isArray = Array.isArray(container);
  const pieces: Piece[] = [{ text: isArray ? "[" : "{" }];
  for (const [key, value] of Object.entries(container) as [string, unknown][]) {
    if (!isArray && value === undefined) continue;
    const comma = pieces.length === 1 ? "" : ",";
    pieces.push({ text: isArray ? comma : `${comma}${JSON.stringify(key)}:` }, { value });
  }
  return [...pieces, { text: isArray ? "]" : "}" }];
}

/** How a number is written; null: the value is no number. */
export function numberText(value: unknown): string | null {
  if (typeof value === "number") return JSON.stringify(value);
  return value instanceof Written && /^-?\d/.test(value.text) ? value.text : null;
}

/** The whole number that a value means, to its last digit; null: it is none. */
export function wholeNumber(value: unknown): bigint | null {
  const text = numberText(value);
  if (text === null) return null;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const double = Number(text);
  return Number.isInteger(double) ? BigInt(double) : null;
}

/** Below 0 where the first number is the smaller one, above where it is the larger one. */
export function compareNumbers(one: unknown, other: unknown): number {
  const [wholeOne, wholeOther] = [wholeNumber(one), wholeNumber(other)];
  if (wholeOne !== null && wholeOther !== null) return wholeOne < wholeOther ? -1 : Number(wholeOne > wholeOther);
  return Number(numberText(one)) - Number(numberText(other));
}

/** A text that two values share if they mean the same: whole numbers to the last digit, others as doubles. */
export function meaningOf(value: unknown): string {
  return writeJson(normalised(value));
}

export function sameJson(one: unknown, other: unknown): boolean {
  return meaningOf(one) === meaningOf(other);
}

function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== "object" || value === null) return value;
  if (!(value instanceof Written)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, normalised(part)]));
  }
  const whole = wholeNumber(value);
  return whole === null ? Number(value.text) : new Written(whole.toString());
}
