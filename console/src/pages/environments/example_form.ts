/** Example values as text fields hold them: every value as it is written. */

import type { Model } from "@/api/types";
import { numberText, readJson, wholeNumber, writeJson } from "@/text/json";
import { toKeep } from "@/text/laid_out";

export type Example = Record<string, unknown>;

/** What a field shows of a value: strings as they are, everything else as JSON, nothing as nothing. */
export function textIn(type: Model<"DataType">, value: unknown): string {
  if (value === undefined) return "";
  const isText = (type === "STRING" || type === "DATETIME") && typeof value === "string";
  return isText ? value : toKeep(writeJson(value));
}

export type Typed = { value: unknown; fault: null } | { fault: string };

/** The value that a field's text means as JSON; an empty one leaves its key out. */
export function valueFrom(type: Model<"DataType">, text: string): Typed {
  if (text.trim() === "") return { value: undefined, fault: null };
  let value: unknown;
  try {
    value = readJson(text);
  } catch {
    return { fault: NUMBERS.has(type) ? NUMBER_FAULT : "Must be JSON." };
  }
  if (NUMBERS.has(type) && numberText(value) === null) return { fault: NUMBER_FAULT };
  if (WHOLE.has(type) && wholeNumber(value) === null) return { fault: "Must be a whole number." };
  return { value, fault: null };
}

const WHOLE: ReadonlySet<string> = new Set(["INT", "TIMESTAMP"]);
const NUMBERS: ReadonlySet<string> = new Set([...WHOLE, "FLOAT"]);
const NUMBER_FAULT = "Must be a number.";

/** The value at a key; one of the event's own, since a key may have the name of one that every object has. */
export function valueAt(example: Example, key: string): unknown {
  return Object.hasOwn(example, key) ? example[key] : undefined;
}

/** The example with another value at a key, or without the key. */
export function withValue(example: Example, key: string, value: unknown): Example {
  if (value !== undefined) return { ...example, [key]: value };
  return Object.fromEntries(Object.entries(example).filter(([name]) => name !== key));
}
